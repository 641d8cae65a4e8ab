"""Creates a bucket on moto_server and prints temporary credentials for it, as COROS's STS issues them.

    moto.py http://127.0.0.1:PORT BUCKET REGION

The server accepts the first six calls without credentials (INITIAL_NO_AUTH_ACTION_COUNT=6), and then checks every call.
"""

import json
import sys

import boto3

endpoint, bucket, region = sys.argv[1:]


def client(service, id="anybody", secret="anything"):
    return boto3.client(
        service, endpoint_url=endpoint, region_name=region, aws_access_key_id=id, aws_secret_access_key=secret
    )


def allowed(**more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **more}]})


iam = client("iam")
iam.create_user(UserName="hub")
iam.put_user_policy(
    UserName="hub", PolicyName="hand-out", PolicyDocument=allowed(Action="sts:AssumeRole", Resource="*")
)
hub = iam.create_access_key(UserName="hub")["AccessKey"]
trust = allowed(Action="sts:AssumeRole", Principal={"AWS": "*"})
role = iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
# Like those of COROS: they may put an object, but not list the bucket.
iam.put_role_policy(
    RoleName="web", PolicyName="put", PolicyDocument=allowed(Action="s3:PutObject", Resource="*")
)
client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})

sts = client("sts", hub["AccessKeyId"], hub["SecretAccessKey"])
keys = sts.assume_role(RoleArn=role, RoleSessionName="web")["Credentials"]
print(json.dumps({name: keys[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}))
