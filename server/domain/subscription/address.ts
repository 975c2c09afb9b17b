/**
 * Which IP addresses the hub may send to: public ones only, whatever form they are written in. Otherwise an agency
 * could make the hub reach into the network that it runs in (OWASP API Security 2023, API7).
 * https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import { BlockList, isIP } from 'node:net'

/** Ranges that are not public, with what they are. */
export const REFUSED: readonly (readonly [range: string, what: string])[] = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared address space'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link local, cloud metadata'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', '6to4 relays'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved, broadcast'],
  ['::/96', 'unspecified, loopback, IPv4-compatible'],
  ['::ffff:0:0:0/96', 'IPv4-translated'],
  ['64:ff9b::/96', 'IPv4 through NAT64'],
  ['64:ff9b:1::/48', 'IPv4 through local NAT64'],
  ['100::/64', 'discard'],
  ['2001::/23', 'protocol assignments, Teredo'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'segment routing'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link local'],
  ['fec0::/10', 'site local'],
  ['ff00::/8', 'multicast'],
]

const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128']

/**
 * May the hub connect to this address? `ip` is a plain address, without brackets; an IPv4 address inside an IPv6 one
 * (`::ffff:127.0.0.1`) is treated as that IPv4 address. `loopback`: the setting that opens loopback addresses.
 */
export function allowedAddress(ip: string, loopback: boolean): boolean {
  const family = isIP(ip)
  if (family === 0) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  return (loopback && OPENED.check(ip, type)) || !BLOCKED.check(ip, type)
}

// BlockList checks IPv4-mapped addresses (::ffff:0:0/96) by its IPv4 rules.
const BLOCKED = blockList(REFUSED.map(([range]) => range))
const OPENED = blockList(LOOPBACK)

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/')
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
