/** Where notifications may be sent, by the text of the address. https://url.spec.whatwg.org/ */
import { isIP } from 'node:net'
import { allowedAddress } from './address.ts'

/**
 * What is wrong with an endpoint, as the end of a sentence (`must ...`); undefined when nothing is.
 * Which addresses a host name stands for is checked when the hub connects.
 */
export function endpointFault(text: string, loopback: boolean): string | undefined {
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return 'must be an absolute `https` address'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/]*@/.test(text))
    return 'must not carry a user name or password; use `channel.header`'
  if (text.includes('#')) return 'must not have a fragment (`#`)'
  const host = hostOf(url)
  if (isLoopbackName(host)) return loopback ? undefined : 'must not be a loopback address'
  if (isIP(host) !== 0 && !allowedAddress(host, loopback))
    return 'must not be an address of a private or reserved range'
  const open = loopback && isIP(host) !== 0 && !allowedAddress(host, false)
  return url.protocol === 'https:' || open ? undefined : 'must be an `https` address'
}

/** The host without the brackets of an IPv6 address and without the trailing dot of a full name. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

const isLoopbackName = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')
