//! Which machines are everybody's: what the house asks because somebody wrote an address may be no machine of its own
//! network, nor one that only this network can reach.
//!
//! What is not known to be everybody's is refused. Of IPv6 that is all but the part that is handed out to the world
//! (2000::/3), so a block that gets a private meaning one day was never allowed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are no machine of the world's (IANA's registry of special-purpose addresses), as an address and
/// how many of its bits are fixed.
const REFUSED_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),       // this host
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // of a carrier
    ([127, 0, 0, 0], 8),     // this machine
    ([169, 254, 0, 0], 16),  // this cable; clouds tell their secrets here
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // of protocols
    ([192, 0, 2, 0], 24),    // for examples
    ([192, 31, 196, 0], 24), // of protocols
    ([192, 88, 99, 0], 24),  // relays to IPv6, given up
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // for measurements
    ([198, 51, 100, 0], 24), // for examples
    ([203, 0, 113, 0], 24),  // for examples
    ([224, 0, 0, 0], 4),     // groups
    ([240, 0, 0, 0], 4),     // kept back, and everybody at once
];

/// Blocks within 2000::/3 that are refused nevertheless.
const REFUSED_V6: [([u16; 8], u32); 4] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // of protocols; tunnels among them
    ([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32), // for examples
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // hides an address of IPv4
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // for examples
];
const WORLD_V6: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// How networks without IPv4 name its machines: what is behind it decides.
const TRANSLATED_V6: ([u16; 8], u32) = ([0x0064, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// Whether a machine is everybody's.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let lies_in = |(block, fixed): &([u8; 4], u32)| {
        let differs = u32::from(address) ^ u32::from(Ipv4Addr::from(*block));
        differs.leading_zeros() >= *fixed
    };
    !REFUSED_V4.iter().any(lies_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let lies_in = |(block, fixed): &([u16; 8], u32)| {
        let differs = u128::from(address) ^ u128::from(Ipv6Addr::from(*block));
        differs.leading_zeros() >= *fixed
    };
    if lies_in(&TRANSLATED_V6) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    lies_in(&WORLD_V6) && !REFUSED_V6.iter().any(lies_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn machines_of_the_own_network_are_refused_to_the_last_address_of_their_block() {
        for address in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.31.196.1",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::",
            "3fff::1",
            "3fff:fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fe80::a9fe:a9fe",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn machines_of_the_world_are_asked_up_to_the_edge_of_what_is_refused() {
        for address in [
            "1.0.0.0",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "2a00:1450::1",
            "3fff:1000::1",
            "3ffe::1",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(public(address), "{address}");
        }
    }

    proptest! {
        #[test]
        fn what_the_language_knows_to_be_private_is_never_asked(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from(bits);
            let own = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_unspecified() || v4.is_broadcast() || v4.is_documentation();
            prop_assert!(!(own && is_public(IpAddr::V4(v4))), "{v4}");
        }

        #[test]
        fn an_address_of_ipv4_in_the_clothes_of_ipv6_is_not_asked(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from(bits);
            prop_assert!(!is_public(IpAddr::V6(v4.to_ipv6_mapped())), "{v4}");
            prop_assert!(!is_public(IpAddr::V6(v4.to_ipv6_compatible())), "{v4}");
            let [a, b, c, d] = v4.octets();
            let translated = Ipv6Addr::from([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]);
            prop_assert_eq!(is_public(IpAddr::V6(translated)), is_public(IpAddr::V4(v4)));
        }

        #[test]
        fn of_ipv6_only_what_is_handed_out_to_the_world_is_asked(bits in any::<u128>()) {
            let v6 = Ipv6Addr::from(bits);
            let translated = v6.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
            prop_assert!(!is_public(IpAddr::V6(v6)) || v6.segments()[0] >> 13 == 1 || translated, "{v6}");
        }
    }
}
