/**
 * Name lookup for outgoing connections: the address that is connected to is the one that was checked, so that a name
 * cannot point elsewhere between the check and the connection.
 * https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 */
import type { LookupAddress, LookupAllOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { allowedAddress } from '../../domain/subscription/address.ts'

/** A name led to an address that the hub does not connect to. */
export class RefusedAddress extends Error {}

type Callback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void

/** All addresses of a name; `dns.lookup` is one. */
export type Resolve = (name: string, options: LookupAllOptions, callback: Callback) => void

/** A lookup that fails with RefusedAddress as soon as one of the addresses is not allowed. */
export function guardedLookup(resolve: Resolve, loopback: boolean): LookupFunction {
  return (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '')
      const [first] = addresses
      if (!first || !addresses.every(({ address }) => allowedAddress(address, loopback))) {
        return callback(new RefusedAddress('The address is not allowed.'), '')
      }
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
