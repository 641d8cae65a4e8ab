//! The regions of COROS.

/// A region with its hosts and its storage.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// The service's number.
    pub id: u32,
    /// Host of the API.
    pub api: &'static str,
    /// Host of the web page.
    pub hub: &'static str,
    /// Host of the stored activity files.
    pub files: &'static str,
    /// `aws` or `aliyun`.
    pub service: &'static str,
    /// Bucket for the uploads of the region.
    pub bucket: &'static str,
    /// Region of the store, as the provider names it.
    pub place: &'static str,
}

/// The regions.
pub const REGIONS: [Region; 4] = [
    Region {
        id: 1,
        api: "teamapi.coros.com",
        hub: "training.coros.com",
        files: "s3.coros.com",
        service: "aws",
        bucket: "coros-s3",
        place: "us-west-1",
    },
    Region {
        id: 2,
        api: "teamcnapi.coros.com",
        hub: "trainingcn.coros.com",
        files: "oss.coros.com",
        service: "aliyun",
        bucket: "coros-oss",
        place: "oss-cn-beijing",
    },
    Region {
        id: 3,
        api: "teameuapi.coros.com",
        hub: "trainingeu.coros.com",
        files: "s3.coros.com",
        service: "aws",
        bucket: "eu-coros",
        place: "eu-central-1",
    },
    Region {
        id: 4,
        api: "teamsgapi.coros.com",
        hub: "trainingsg.coros.com",
        files: "oss.coros.com",
        service: "aliyun",
        bucket: "coros-sg-prod",
        place: "oss-ap-southeast-1",
    },
];

/// The web page that all regions share.
pub const COMMON_HUB: &str = "t.coros.com";

/// The help pages, which also hand out credentials.
pub const FAQ: &str = "faq.coros.com";

impl Region {
    /// The region with this number; the first one if the number is unknown.
    pub fn of(id: u32) -> Region {
        REGIONS.into_iter().find(|region| region.id == id).unwrap_or(REGIONS[0])
    }

    /// Host of the bucket.
    pub fn store(&self) -> String {
        match self.service {
            "aws" => format!("{}.s3.{}.amazonaws.com", self.bucket, self.place),
            _ => format!("{}.{}.aliyuncs.com", self.bucket, self.place),
        }
    }
}
