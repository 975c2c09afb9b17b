/**
 * The caller, in open mode: the agency named by the header X-Agency, the board without one. Open mode exists on a
 * loopback address only (config.ts sees to it).
 */
import type { IncomingHttpHeaders } from 'node:http'
import { refuse } from '../fhir/outcome.ts'
import type { Caller } from '../fhir/types.ts'
import { BOARD, HUB } from '../write/reserved-agencies.ts'
import type { Store } from '../store/store.ts'

const BOARD_CALLER: Caller = { agency: BOARD, role: 'board' }

/** Errors: `unknown-agency` (401) when no active Organization has this id. */
export const identify =
  (store: Store, publicUrl?: string) =>
  async (headers: IncomingHttpHeaders): Promise<Caller> => {
    refuseForeignHost(headers.host, publicUrl)
    const named = headers['x-agency']
    if (named === undefined || named === BOARD) return BOARD_CALLER
    const agency = String(named)
    const version =
      agency !== HUB && /^[A-Za-z0-9\-.]{1,64}$/.test(agency)
        ? await store.read({ type: 'Organization', id: agency }, 'unrestricted')
        : undefined
    if (version && version.text !== '' && (JSON.parse(version.text) as { active?: boolean }).active !== false)
      return { agency, role: 'agency' }
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
