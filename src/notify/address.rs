//! The address of a channel, from its setting: a key on the service's own host, or a complete address.

/// The destination of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The URL.
    pub url: String,
    /// The key alone, for services that want it in the body.
    pub key: String,
}

/// A complete `https` address without a fragment. Addresses contain keys, so they must be encrypted.
pub(super) fn whole(value: &str) -> Option<Address> {
    let value = value.trim();
    let rest = value.strip_prefix("https://")?;
    let host = rest.split(['/', '?']).next().unwrap_or("");
    let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte));
    (is_plain && !host.is_empty()).then(|| Address { url: value.to_owned(), key: String::new() })
}

/// A key, with the characters that keys have.
fn bare(value: &str) -> Option<String> {
    let value = value.trim();
    let is_key = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    is_key.then(|| value.to_owned())
}

/// A complete address, or a key that is appended to `before`.
pub(super) fn whole_or(value: &str, before: &str) -> Option<Address> {
    whole(value).or_else(|| bare(value).map(|key| Address { url: format!("{before}{key}"), key }))
}

/// Bark: a key, or the address that its app shows, `https://HOST/KEY/…`.
pub(super) fn bark(value: &str) -> Option<Address> {
    let (server, key) = match whole(value) {
        Some(address) => {
            let rest = address.url.strip_prefix("https://")?;
            let (host, path) = rest.split_once('/')?;
            (format!("https://{host}"), bare(path.split(['/', '?']).next()?)?)
        }
        None => ("https://api.day.app".to_owned(), bare(value)?),
    };
    Some(Address { url: format!("{server}/push"), key })
}

/// ServerChan: keys of the third generation contain their host, `sctp123t…`.
pub(super) fn serverchan(value: &str) -> Option<Address> {
    if let Some(address) = whole(value) {
        return Some(address);
    }
    let key = bare(value)?;
    let number = key.strip_prefix("sctp").and_then(|rest| rest.split_once('t')).map(|(number, _)| number);
    let url = match number.filter(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(number) => format!("https://{number}.push.ft07.com/send/{key}.send"),
        None => format!("https://sctapi.ftqq.com/{key}.send"),
    };
    Some(Address { url, key })
}

/// Telegram: the token, which is part of the path.
pub(super) fn telegram(value: &str) -> Option<Address> {
    let key = bare(value)?;
    Some(Address { url: format!("https://api.telegram.org/bot{key}/sendMessage"), key })
}

#[cfg(test)]
mod tests {
    use super::super::CHANNELS;

    fn to(name: &str, value: &str) -> Option<String> {
        let channel = CHANNELS.iter().find(|channel| channel.name == name).unwrap();
        (channel.address)(value).map(|address| address.url)
    }

    #[test]
    fn a_key_or_a_complete_address_gives_the_address() {
        let is = |name, value, url: &str| assert_eq!(to(name, value).as_deref(), Some(url), "{name} {value}");
        let wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx";
        is("wecom", " 693a91f6-7xxx\n", wecom);
        is("wecom", wecom, wecom);
        is("ntfy", "my_topic", "https://ntfy.sh/my_topic");
        is("ntfy", "https://ntfy.example/t", "https://ntfy.example/t");
        is("telegram", "123:AbC-d", "https://api.telegram.org/bot123:AbC-d/sendMessage");
        is("bark", "abcdEF", "https://api.day.app/push");
        is("bark", "https://bark.example/abcdEF/Title?x=y", "https://bark.example/push");
        is("serverchan", "SCT123T456", "https://sctapi.ftqq.com/SCT123T456.send");
        is("serverchan", "sctp42tabc", "https://42.push.ft07.com/send/sctp42tabc.send");
        is("dingtalk", "abc", "https://oapi.dingtalk.com/robot/send?access_token=abc");
        is("feishu", "abc-1", "https://open.feishu.cn/open-apis/bot/v2/hook/abc-1");
        assert_eq!(super::bark("https://bark.example/abcdEF/").unwrap().key, "abcdEF");
    }

    #[test]
    fn addresses_are_https_and_no_key_changes_the_host() {
        for (name, value) in [
            ("slack", "http://hooks.slack.com/services/T/B/x"),
            ("slack", "T/B/x"),
            ("wecom", "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"),
            ("wecom", "key&key=2"),
            ("wecom", "https://"),
            ("ntfy", "a/b"),
            ("webhook", "https://a b/"),
            ("telegram", "https://api.telegram.org/bot1:a/sendMessage"),
            ("bark", "https://bark.example"),
        ] {
            assert_eq!(to(name, value), None, "{name} {value}");
        }
    }
}
