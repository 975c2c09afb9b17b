/** The end of the demo: event the hub holds, how the referrals ended, and whether every event arrived. */
import { AGENCIES, type Agency, type AgencyProcesses } from './agency-processes.ts'
import { resourcesOf, type DemoResource } from './fhir.ts'

/** Types that the story writes, in the order in which they are printed. */
const TYPES = [
  'Patient',
  'QuestionnaireResponse',
  'Consent',
  'ServiceRequest',
  'Task',
  'Condition',
  'Goal',
  'CarePlan',
  'EpisodeOfCare',
  'Procedure',
  'Observation',
]

export type Delivery = {
  readonly agency: Agency
  readonly topic: string
  readonly sent: number
  readonly received: number
}

/** Records by type, as the board sees them. */
export async function countRecords(hub: string): Promise<Readonly<Record<string, number>>> {
  const queries = [...TYPES, 'Basic?code=participant-credential']
  const totals = await Promise.all(
    queries.map(async (query) => {
      const bundle = await read(hub, `${query}${query.includes('?') ? '&' : '?'}_summary=count`)
      return [query.split('?')[0] ?? query, Number(bundle.total)] as const
    }),
  )
  return Object.fromEntries(totals)
}

type Output = { readonly valueCodeableConcept?: { readonly coding?: readonly { readonly code?: string }[] } } & {
  readonly type?: { readonly coding?: readonly { readonly code?: string }[] }
}

/** Referrals by outcome; where there is none, by status. */
export async function countOutcomes(hub: string): Promise<Readonly<Record<string, number>>> {
  const tasks = resourcesOf(await read(hub, 'Task?_count=200'))
  const counts: Record<string, number> = {}
  for (const task of tasks) counts[endOf(task)] = (counts[endOf(task)] ?? 0) + 1
  return counts
}

function endOf(task: DemoResource): string {
  const outcome = ((task.output ?? []) as readonly Output[]).find(({ type }) => type?.coding?.[0]?.code === 'outcome')
  const business = task.businessStatus as Output['type']
  return outcome?.valueCodeableConcept?.coding?.[0]?.code ?? business?.coding?.[0]?.code ?? String(task.status)
}

/** The hub's count of events for each subscription and event arrived there; waits for those in transit. */
export async function deliveries(agencies: AgencyProcesses, within: number): Promise<readonly Delivery[]> {
  const all = await Promise.all(
    AGENCIES.map(async (agency) =>
      Object.entries(await agencies.run(agency, 'count')).map(([topic, sent]) => ({
        agency,
        topic,
        sent: Number(sent),
      })),
    ),
  )
  return Promise.all(
    all.flat().map(async (one) => {
      const event = `${one.agency} ${one.topic}` as const
      await agencies.waitFor(event, one.sent, within).catch(() => undefined)
      return { ...one, received: agencies.received(event) }
    }),
  )
}

async function read(hub: string, path: string): Promise<DemoResource> {
  const reply = await fetch(`${hub}/${path}`, { headers: { 'X-Agency': 'board' } })
  return (await reply.json()) as DemoResource
}
