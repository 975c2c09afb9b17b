/**
 * What an update of a participant costs that has 3,000 records, beside one that has none: interleaved, so that both meet
 * the same machine. The ratio is to stay near 1 (docs/decisions/0006).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { given, made, type Client } from '../test/given.ts'
import { condition, consent, goal, participant, type Body } from '../test/builders/index.ts'

const RECORDS = 3000
const ROUNDS = 60
const PART = 150

export async function benchCircle(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nwd-bench-circle-'))
  const hub = await given({ HUB_STORE: `sqlite:${join(folder, 'hub.db')}` })
  try {
    const es = hub.as('es')
    const [bare, full] = [await newcomer(es), await newcomer(es)]
    await fill(es, `Patient/${full.id}`)
    const times: { readonly bare: number[]; readonly full: number[] } = { bare: [], full: [] }
    for (let round = 0; round < ROUNDS; round += 1) {
      times.bare.push(await timed(() => touch(es, bare, round)))
      times.full.push(await timed(() => touch(es, full, round)))
    }
    const [one, other] = [median(times.bare), median(times.full)]
    console.log(`circle: PUT Patient, median of ${ROUNDS}`)
    console.log(`  no other record       ${one.toFixed(1)} ms`)
    console.log(`  ${RECORDS} other records    ${other.toFixed(1)} ms (${(other / one).toFixed(2)} times)`)
  } finally {
    await hub.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

type Stored = Body & { readonly id: string }

const newcomer = async (es: Client): Promise<Stored> => made(await es.post('/Patient', participant('es')))

/** Goals, consents that are active, and barriers, of which the last third is deleted. */
async function fill(es: Client, subject: string): Promise<void> {
  const bodies = Array.from(
    { length: RECORDS },
    (_, index) => [goal(subject), consent(subject, 'es', 'es', { end: day(index) }), condition(subject)][index % 3]!,
  )
  const ids: string[] = []
  for (let from = 0; from < RECORDS; from += PART) {
    const { entry } = await transaction(
      es,
      bodies.slice(from, from + PART).map((resource) => ({ method: 'POST', url: resource.resourceType, resource })),
    )
    ids.push(...entry.map(({ resource }) => `${resource!.resourceType}/${String(resource!.id)}`))
  }
  const gone = ids.filter((id) => id.startsWith('Condition/'))
  for (let from = 0; from < gone.length; from += PART)
    await transaction(
      es,
      gone.slice(from, from + PART).map((url) => ({ method: 'DELETE', url })),
    )
}

const day = (index: number): string => new Date(Date.UTC(2030, 0, 1 + (index % 900))).toISOString().slice(0, 10)

type Entry = { readonly method: string; readonly url: string; readonly resource?: Body }

async function transaction(es: Client, entries: readonly Entry[]): Promise<{ entry: { resource?: Body }[] }> {
  const entry = entries.map(({ resource, ...request }) => ({ ...(resource ? { resource } : {}), request }))
  return made(await es.post('/', { resourceType: 'Bundle', type: 'transaction', entry }))
}

async function touch(es: Client, patient: Stored, round: number): Promise<void> {
  const telecom = [{ system: 'phone', value: `601-555-01${String(round).padStart(2, '0')}`, use: 'home' }]
  made(await es.put(`/Patient/${patient.id}`, { ...patient, telecom }, round + 1))
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1]!
