/**
 * The size of a referral on disk: a ServiceRequest of 1.1 KB with its index entries, audience and history of one
 * version. `measureStoreSize` is used by the benchmark, and by a test with a limit.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Resource } from '../server/fhir/types.ts'
import type { Audience, IndexEntry } from '../server/search/query.ts'
import { PARTICIPANT } from '../server/search/query.ts'
import { openStore } from '../server/store/open.ts'
import type { Write } from '../server/store/store.ts'

/** Largest size of one record, in bytes. */
export const LIMIT = 2_100

export type StoreSize = {
  readonly records: number
  /** Of a record's JSON, on average. */
  readonly textBytes: number
  /** Of the closed file, divided by the records. */
  readonly bytesPerRecord: number
  readonly commitsPerSecond: number
  /** How long the full file takes to open. */
  readonly openMs: number
}

/** Fills a store in a temporary folder, 64 commits at a time. */
export async function measureStoreSize(records: number): Promise<StoreSize> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-size-'))
  const address = { kind: 'sqlite', path: join(folder, 'hub.db') } as const
  try {
    let now = Date.UTC(2026, 0, 5, 14)
    const options = { clock: () => (now += 977) }
    const store = await openStore(address, options)
    const begun = performance.now()
    let textBytes = 0
    for (let from = 0; from < records; from += 64) {
      const length = Math.min(64, records - from)
      const writes = Array.from({ length }, (_, index) => referral(from + index, now))
      const done = await Promise.all(writes.map((write) => store.commit({ writes: [write] })))
      for (const { versions } of done) textBytes += Buffer.byteLength(versions[0]!.text)
    }
    const seconds = (performance.now() - begun) / 1000
    await store.close()
    const { size } = await stat(join(folder, 'hub.db'))
    const opening = performance.now()
    const again = await openStore(address, options)
    const openMs = performance.now() - opening
    await again.close()
    return {
      records,
      textBytes: textBytes / records,
      bytesPerRecord: size / records,
      commitsPerSecond: records / seconds,
      openMs,
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The same for the same name, and as hard to compress as a random one. */
function uuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

const pick = <T>(list: readonly T[], name: string): T =>
  list[createHash('sha256').update(name).digest()[0]! % list.length]!

const AGENCIES = ['mdes', 'abe', 'snap', 'tanf', 'voc-rehab', 'hinds-cc', 'delta-cc', 'lwda-3'] as const
const SERVICES = ['adult-basic-education', 'job-search', 'snap-benefit', 'child-care', 'diesel-training'] as const
const ROOT = 'https://no-wrong-door.example/fhir'

/** The write of one referral: about 1.1 KB of JSON, 14 entries, 4 in the audience. Four referrals share a participant. */
export function referral(number: number, at: number): Write {
  const [id, patient] = [uuid(`referral ${number}`), uuid(`participant ${Math.floor(number / 4)}`)]
  const [requester, performer] = [pick(AGENCIES, `from ${number}`), pick(AGENCIES, `to ${number}`)]
  const service = pick(SERVICES, `service ${number}`)
  const authored = Math.floor(at / 1000) * 1000
  const instant = new Date(authored).toISOString().replace('.000', '')
  const placer = `MS-2026-${String(number).padStart(7, '0')}`
  const resource: Resource & { id: string } = {
    resourceType: 'ServiceRequest',
    id,
    meta: { source: `${ROOT}/Organization/${requester}`, profile: [`${ROOT}/StructureDefinition/hub-referral`] },
    identifier: [{ system: `${ROOT}/NamingSystem/referral-${requester}`, value: placer }],
    status: 'active',
    intent: 'order',
    category: [{ coding: [{ system: `${ROOT}/CodeSystem/service-category`, code: 'education' }] }],
    priority: 'routine',
    code: { coding: [{ system: `${ROOT}/CodeSystem/service-catalogue`, code: service }] },
    subject: { reference: `Patient/${patient}` },
    authoredOn: instant,
    requester: { reference: `Organization/${requester}` },
    performer: [{ reference: `Organization/${performer}` }],
    supportingInfo: [{ reference: `Consent/${uuid(`consent ${patient}`)}` }],
    note: [
      {
        text: 'Would like evening classes; has a car on weekdays after five. Prefers to be called before he is written to.',
      },
    ],
  }
  return {
    kind: 'put',
    method: 'POST',
    resource,
    author: requester,
    audience: audience(requester, performer, authored),
    entries: entries(resource, { patient, requester, performer, service, placer, authored }),
    expect: 'absent',
  }
}

type Values = { [name in 'patient' | 'requester' | 'performer' | 'service' | 'placer']: string } & { authored: number }

function entries(resource: Resource, values: Values): IndexEntry[] {
  const { patient, requester, performer, service, placer, authored } = values
  const token = (param: string, code: string, system?: string): IndexEntry => ({
    kind: 'token',
    param,
    code,
    ...(system ? { system } : {}),
  })
  const reference = (param: string, type: string, id: string): IndexEntry => ({ kind: 'reference', param, type, id })
  return [
    token('identifier', placer, `${ROOT}/NamingSystem/referral-${requester}`),
    token('status', 'active', 'http://hl7.org/fhir/request-status'),
    token('intent', 'order', 'http://hl7.org/fhir/request-intent'),
    token('priority', 'routine', 'http://hl7.org/fhir/request-priority'),
    token('category', 'education', `${ROOT}/CodeSystem/service-category`),
    token('code', service, `${ROOT}/CodeSystem/service-catalogue`),
    { kind: 'uri', param: '_profile', value: resource.meta!.profile![0]! },
    { kind: 'uri', param: '_source', value: resource.meta!.source! },
    { kind: 'date', param: 'authored', start: authored, end: authored + 1000 },
    reference('subject', 'Patient', patient),
    reference('patient', 'Patient', patient),
    reference(PARTICIPANT, 'Patient', patient),
    reference('requester', 'Organization', requester),
    reference('performer', 'Organization', performer),
  ]
}

/** Writer, agency of entry, target while the referral is open, and a recipient named by a consent for a year. */
function audience(requester: string, performer: string, from: number): Audience[] {
  const year = 365 * 24 * 3600 * 1000
  const named = { agency: 'board', from, until: from + year }
  return [{ agency: requester }, { agency: 'entry' }, { agency: performer === requester ? 'state' : performer }, named]
}
