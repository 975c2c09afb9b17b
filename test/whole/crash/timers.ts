/**
 * Referrals in the crash test: each has a date of contact that passes a moment after it is sent, so its timer goes off
 * while the hub is written to, killed, or being started. Each goes off exactly once.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { resourceOf } from '../../../server/records/resource.ts'
import type { Store, Version } from '../../../server/store/store.ts'
import { consent, referral, resident, task, transaction } from '../../builders/index.ts'
import { clientAt } from '../../given.ts'
import { warningsOf } from '../../jobs/clocked-hub.ts'

const [PATIENT, CONSENT, REQUEST, TASK] = [1, 2, 3, 4].map(
  (last) => `urn:uuid:00000000-0000-4000-8000-00000000000${last}`,
) as [string, string, string, string]
/** Who is referred to: an agency that writes nothing here. */
const OWNER = 'abe'
const TIMER = 'contact-by'

/** A transaction that sends a referral of a new participant; the date of contact passes so many ms from now. */
export function sentReferral(by: string, number: string, ms: number) {
  const period = { end: new Date(Date.now() + ms).toISOString() }
  return transaction(
    { method: 'POST', url: 'Patient', fullUrl: PATIENT, resource: resident(by, number) },
    { method: 'POST', url: 'Consent', fullUrl: CONSENT, resource: consent(PATIENT, by, OWNER) },
    { method: 'POST', url: 'ServiceRequest', fullUrl: REQUEST, resource: referral(PATIENT, by, OWNER) },
    {
      method: 'POST',
      url: 'Task',
      fullUrl: TASK,
      resource: { ...task(PATIENT, REQUEST, by, OWNER), restriction: { period } },
    },
  )
}

/** Waits until the timer of every referral has gone off; answers what is wrong when it does not. */
export async function awaitTimers(url: string, seconds = 60): Promise<readonly string[]> {
  const board = clientAt(url)
  const count = async (query: string): Promise<number> =>
    (await board.get(`/Task?_summary=count&_total=accurate${query}`)).body.total as number
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await wait(50))
    if ((await count('')) === (await count(`&warning=${TIMER}`))) return []
  return [`${await count('')} referrals, and the timers of ${await count(`&warning=${TIMER}`)} have gone off`]
}

/** Each referral that was sent is closed, ended, armed or warned; answers what is not. */
export async function checkConservation(url: string): Promise<readonly string[]> {
  const { parameter } = (await clientAt(url).get('/$referral-conservation')).body as {
    readonly parameter: readonly { readonly name: string; readonly valueUnsignedInt?: number }[]
  }
  const of = (name: string): number => parameter.find((one) => one.name === name)?.valueUnsignedInt ?? 0
  const counted = ['closed', 'ended', 'armed', 'warned'].reduce((sum, name) => sum + of(name), 0)
  return of('unaccounted') === 0 && counted === of('sent')
    ? []
    : [`${of('sent')} referrals were sent, ${counted} are in a state, ${of('unaccounted')} are unaccounted`]
}

/** Every Task has one warning, in one version of the hub. Answers how many there are. */
export async function checkTimers(
  store: Store,
): Promise<{ readonly faults: readonly string[]; readonly timers: number }> {
  const current = new Map<string, Version>()
  const byHub = new Map<string, number>()
  let sequence = 0
  for (let commits = await store.feed(0, 500); commits.length > 0; commits = await store.feed(sequence, 500)) {
    sequence = commits.at(-1)?.sequence ?? sequence
    for (const version of commits.flatMap(({ versions }) => versions)) {
      if (version.type !== 'Task') continue
      current.set(version.id, version)
      if (version.author === 'hub') byHub.set(version.id, (byHub.get(version.id) ?? 0) + 1)
    }
  }
  const faults = [...current].flatMap(([id, version]) => {
    const warnings = warningsOf(resourceOf(version)).join(' ')
    const seen = `${byHub.get(id) ?? 0} versions of the hub, warnings: ${warnings || 'none'}`
    return warnings === TIMER && byHub.get(id) === 1 ? [] : [`Task/${id} has ${seen}`]
  })
  return { faults, timers: current.size }
}
