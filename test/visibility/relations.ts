/**
 * The relations that an agency can have to a participant, each brought about over the wire. The participant was entered
 * by the employment service (`es`), which wrote the records in question, but for the wage record, which the board did.
 */
import { made, type Client } from '../given.ts'
import { agreement, consent, participation, type Body } from '../builders/index.ts'

export type RelationWorld = {
  /** `Patient/...` */
  readonly participant: string
  readonly es: Client
  /** The agency whose view is tested. */
  readonly abe: Client
  readonly vr: Client
  readonly board: Client
}

type Relation = (world: RelationWorld) => Promise<unknown>

const post = async (client: Client, body: Body) => made(await client.post(`/${body.resourceType}`, body))
const change = async (client: Client, record: { resourceType: string; id: string }, more: object) =>
  made(await client.change(record, more))

/** While `during` happens, abe may know by a consent that is then revoked. */
async function passing(world: RelationWorld, during: Relation): Promise<void> {
  const permit = await post(world.es, consent(world.participant, 'es', 'abe'))
  await during(world)
  await change(world.es, permit, { status: 'inactive' })
}

/** Refers the participant and answers the Task. */
export async function refer({ participant }: RelationWorld, from: Client, to: string) {
  const answer = await from.post(`/${participant}/$refer`, {
    resourceType: 'Parameters',
    parameter: [
      { name: 'service', valueCode: 'program-referral-coordination' },
      { name: 'performer', valueReference: { reference: `Organization/${to}` } },
    ],
  })
  return made(answer).entry[1].resource
}

const CODES = 'https://no-wrong-door.example/fhir/CodeSystem'
const business = (code: string) => ({
  businessStatus: { coding: [{ system: `${CODES}/referral-business-status`, code }] },
})
const output = (type: string, system: string, code: string) => ({
  type: { coding: [{ system: `${CODES}/task-output`, code: type }] },
  valueCodeableConcept: { coding: [{ system: `${CODES}/${system}`, code }] },
})

export const accept = (by: Client, task: never) => change(by, task, { status: 'accepted', ...business('accepted') })
export const reject = (by: Client, task: never) =>
  change(by, task, {
    status: 'rejected',
    ...business('rejected-capacity'),
    statusReason: { text: 'No place is free before the summer.' },
  })
export async function complete(by: Client, task: never): Promise<unknown> {
  const accepted = await accept(by, task)
  const begun = await change(by, accepted, { status: 'in-progress', ...business('in-service') })
  return change(by, begun, {
    status: 'completed',
    ...business('services-received'),
    output: [
      output('outcome', 'referral-outcome', 'received-services'),
      output('resulting-service-code', 'service-catalogue', 'career-counseling'),
    ],
  })
}

/** The consent names abe for the referral only: it has run out when the referral is looked at. */
const referred =
  (next?: (by: Client, task: never) => Promise<unknown>): Relation =>
  (world) =>
    passing(world, async () => {
      const task = await refer(world, world.es, 'abe')
      await next?.(world.abe, task as never)
    })

const referring =
  (next?: (by: Client, task: never) => Promise<unknown>): Relation =>
  (world) =>
    passing(world, async () => {
      const permit = await post(world.es, consent(world.participant, 'es', 'vr'))
      const task = await refer(world, world.abe, 'vr')
      await next?.(world.vr, task as never)
      await change(world.es, permit, { status: 'inactive' })
    })

const participating =
  (end?: object): Relation =>
  (world) =>
    passing(world, async () => {
      const episode = await post(world.abe, participation(world.participant, 'abe'))
      if (end) await change(world.abe, episode, end)
    })

const permitted =
  (terms: Parameters<typeof consent>[3] = {}, to = 'abe', ...agreed: readonly Body[]): Relation =>
  async (world) => {
    const recorder = terms.classes?.includes('wages') ? world.board : world.es
    await post(recorder, consent(world.participant, 'es', to, terms))
    for (const one of agreed) await post(world.board, one)
  }

const ENDED = { status: 'finished', period: { start: '2026-01-05', end: '2026-01-31' } }

export const RELATIONS = {
  none: async () => {},
  'owner of a referral that is requested': referred(),
  'owner of a referral that it accepted': referred(accept),
  'owner of a referral that it rejected': referred(reject),
  'owner of a referral that it completed': referred(complete),
  'requester of a referral that is open': referring(),
  'requester of a referral that was rejected': referring(reject),
  'a participation that is open': participating(),
  'a participation that is planned': participating({ status: 'planned' }),
  'a participation that is finished': participating(ENDED),
  'a consent': permitted(),
  'a consent that has expired': permitted({ start: '2025-02-01', end: '2025-12-31' }),
  'a consent that has not begun': permitted({ start: '2026-12-01' }),
  'a consent that was revoked': (world: RelationWorld) => passing(world, async () => {}),
  'a consent that names another agency': permitted({}, 'vr'),
  'a consent that names disability': permitted({ classes: ['disability'] }),
  'a consent that names rehabilitation': permitted({ classes: ['rehabilitation'] }),
  'a consent that names disability and rehabilitation': permitted({ classes: ['disability', 'rehabilitation'] }),
  'an expired consent that names disability': permitted({ classes: ['disability'], end: '2025-12-31' }),
  'a consent that names wages, without an agreement': permitted({ classes: ['wages'] }),
  'a consent that names wages, and an agreement': permitted(
    { classes: ['wages'] },
    'abe',
    agreement(['ui', 'abe'], '2027-01-01'),
  ),
  'a consent that names wages, and an agreement that has expired': permitted(
    { classes: ['wages'] },
    'abe',
    agreement(['ui', 'abe'], '2025-12-31'),
  ),
  'a consent that names wages, and an agreement that was ended': permitted(
    { classes: ['wages'] },
    'abe',
    agreement(['ui', 'abe'], '2027-01-01', 'wages', 'terminated'),
  ),
  'a consent that names wages, and an agreement about disability': permitted(
    { classes: ['wages'] },
    'abe',
    agreement(['ui', 'abe'], '2027-01-01', 'disability'),
  ),
  'a consent that names wages, and an agreement of others': permitted(
    { classes: ['wages'] },
    'abe',
    agreement(['ui', 'vr'], '2027-01-01'),
  ),
  'a consent that names wages, and an agreement without the wage agency': permitted(
    { classes: ['wages'] },
    'abe',
    agreement(['vr', 'abe'], '2027-01-01'),
  ),
  'an agreement without a consent': (world: RelationWorld) => post(world.board, agreement(['ui', 'abe'], '2027-01-01')),
} as const satisfies Record<string, Relation>
