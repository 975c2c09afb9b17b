/** A hub whose clock a test moves, over a store that the test keeps, and a referral that is sent through it. */
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import type { TimerTable } from '../../server/domain/timer/table.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import type { Store } from '../../server/store/store.ts'
import { consent, referral, resident, task, type Body } from '../builders/index.ts'
import { declaredFor, made, type Client } from '../given.ts'

export const DAY = 86_400_000
/** A Monday at 9 in the morning, without a holiday in the two weeks after it. */
export const MONDAY = Date.parse('2026-12-07T15:00:00Z')

export type StoredTask = Body & { readonly id: string; readonly meta: { readonly versionId: string } }

/** A hub over a store that stays open when the hub stops. */
export async function hubOver(store: Store, now: () => number, timers?: TimerTable): Promise<Hub> {
  const config = loadConfig({
    HUB_PORT: '0',
    HUB_STORE: 'memory:',
    HUB_LOG: 'silent',
    HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
  })
  const kept: Store = { ...store, close: async () => undefined }
  return createHub(config, {
    ...(await declaredFor(config)),
    log: createLog('silent'),
    clock: createClock(now),
    store: kept,
    ...(timers ? { timers } : {}),
  })
}

/** A referral from es to vr about a new participant, with a consent for vr. */
export async function referTo(es: Client, number: string): Promise<StoredTask> {
  const subject = `Patient/${made(await es.post('/Patient', resident('es', number))).id}`
  made(await es.post('/Consent', consent(subject, 'es', 'vr')))
  const request = made(await es.post('/ServiceRequest', referral(subject, 'es', 'vr')))
  return made(await es.post('/Task', task(subject, `ServiceRequest/${request.id}`, 'es', 'vr')))
}

/** The timers that went off, in the order of the Task. */
export function warningsOf(found: { readonly [element: string]: unknown }): readonly string[] {
  const outputs = (found.output ?? []) as { valueCodeableConcept?: { coding: { system: string; code: string }[] } }[]
  return outputs.flatMap(({ valueCodeableConcept }) =>
    (valueCodeableConcept?.coding ?? []).flatMap(({ system, code }) =>
      system.endsWith('/referral-timer') ? [code] : [],
    ),
  )
}
