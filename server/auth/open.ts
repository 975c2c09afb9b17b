/**
 * The caller, in open mode: the agency named by the header X-Agency, the board without one. Open mode exists on a
 * loopback address only (config.ts sees to it).
 */
import type { IncomingHttpHeaders } from 'node:http'
import { refuse } from '../fhir/outcome.ts'
import { FHIR_ID, type Caller } from '../fhir/types.ts'
import { BOARD, HUB } from '../write/reserved-agencies.ts'
import type { ActiveAgencies } from './active-agencies.ts'

const BOARD_CALLER: Caller = { agency: BOARD, role: 'board' }

/** Errors: `unknown-agency` (401) when no active Organization has this id. */
export const identify =
  (agencies: Pick<ActiveAgencies, 'isActive'>, publicUrl?: string) =>
  async (headers: IncomingHttpHeaders): Promise<Caller> => {
    refuseForeignHost(headers.host, publicUrl)
    const named = headers['x-agency']
    if (named === undefined || named === BOARD) return BOARD_CALLER
    const agency = String(named)
    if (agency !== HUB && FHIR_ID.test(agency) && (await agencies.isActive(agency))) return { agency, role: 'agency' }
    throw refuse(
      'unknown-agency',
      `\`${agency.slice(0, 64)}\` is no agency of this hub. Name one in the header X-Agency: see GET Organization as the board, without the header.`,
    )
  }

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/**
 * A web page can make a browser on this machine send requests here under the page's own name (DNS rebinding). Open mode
 * trusts every caller, so it answers only to its own names. Errors: `invalid-header`.
 */
function refuseForeignHost(host: string | undefined, publicUrl: string | undefined): void {
  if (host !== undefined && (LOOPBACK.test(host) || (publicUrl !== undefined && new URL(publicUrl).host === host)))
    return
  const text = `The Host header is \`${(host ?? '').slice(0, 100)}\`; in open mode the hub answers only to a loopback name, or to the host of HUB_PUBLIC_URL.`
  throw refuse('invalid-header', text)
}
