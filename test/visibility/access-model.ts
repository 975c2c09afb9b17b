/**
 * Who may know which record, as a model of its own: it knows nothing of circles, grants and audiences, only what was
 * written so far, and says for each agency which records it may know. Random histories of grants, withdrawals, denials,
 * authorities of a guardian, referrals, labels, deletions and restores are played over HTTP; after each step every agency reads every record.
 */
import assert from 'node:assert/strict'
import {
  business,
  condition,
  consent,
  denial,
  labelled,
  participant,
  participation,
  referral,
  relatedPerson,
  task,
  transaction,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { codeSystemAt } from '../builders/coding.ts'
import { made, type Answer, type Client } from '../given.ts'
import { createRandom, type Random } from '../../scripts/random.ts'

const AGENCIES = ['es', 'abe', 'vr', 'dhs'] as const
const READERS = [...AGENCIES, 'board'] as const
const CLASSES = ['disability', 'rehabilitation'] as const
type ClassName = (typeof CLASSES)[number]

type ModelRecord = {
  readonly key: string
  readonly owner: string
  /** Who wrote the current version. */
  author: string
  body: Body
  classes: ClassName[]
  deleted: boolean
}
type ModelConsent = ModelRecord & {
  readonly kind: 'permit' | 'deny'
  to: string
  counts: boolean
  active: boolean
  /** The guardian gave it, not the participant. */
  readonly byGuardian?: boolean
}
type ModelTask = ModelRecord & { readonly requester: string; readonly to: string; status: string }
type ModelEpisode = ModelRecord & { open: boolean }

type AccessHistory = {
  readonly as: (agency: string) => Client
  readonly random: Random
  readonly subject: string
  readonly patient: ModelRecord
  /** A guardian of the participant, whom es recorded. */
  readonly guardian: { readonly body: StoredBody; active: boolean }
  readonly plain: ModelRecord[]
  readonly consents: ModelConsent[]
  readonly tasks: ModelTask[]
  readonly episodes: ModelEpisode[]
  readonly log: string[]
}

const OPEN = ['requested', 'accepted']

// What the model says.

const isDenied = ({ consents }: AccessHistory, agency: string): boolean =>
  consents.some((one) => one.kind === 'deny' && one.active && !one.deleted && one.to === agency)

const permits = ({ guardian }: AccessHistory, one: ModelConsent): boolean =>
  one.kind === 'permit' && one.active && !one.deleted && one.counts && (!one.byGuardian || guardian.active)

function isMember(history: AccessHistory, agency: string): boolean {
  if (agency === 'es') return true
  if (isDenied(history, agency)) return false
  const { consents, tasks, episodes } = history
  return (
    consents.some((one) => permits(history, one) && one.to === agency) ||
    tasks.some((one) => OPEN.includes(one.status) && [one.requester, one.to].includes(agency)) ||
    episodes.some((one) => one.open && !one.deleted && one.owner === agency)
  )
}

const isOpenTo = (history: AccessHistory, agency: string, { owner }: ModelRecord, name: ClassName): boolean =>
  !isDenied(history, agency) &&
  history.consents.some(
    (one) =>
      permits(history, one) && one.to === agency && one.classes.includes(name) && [owner, 'board'].includes(one.owner),
  )

const isHolder = ({ plain }: AccessHistory, agency: string, name: ClassName): boolean =>
  plain.some((one) => !one.deleted && one.owner === agency && one.classes.includes(name))

function mayKnow(history: AccessHistory, agency: string, record: ModelRecord): boolean {
  const { owner, author, classes } = record
  const isTask = record.key.startsWith('Task/')
  const isConsent = record.key.startsWith('Consent/')
  const denied = isDenied(history, agency)
  if (agency === owner && (!denied || [owner, 'hub'].includes(author))) return true
  if (isTask && agency === author && !denied) return true
  if (classes.length === 0) return agency === 'board' || isMember(history, agency)
  if (isConsent && agency === 'board') return true
  return classes.every(
    (name) =>
      isOpenTo(history, agency, record, name) ||
      (isConsent && owner === 'board' && isHolder(history, agency, name) && isMember(history, agency)),
  )
}

const knowsParticipant = (history: AccessHistory, agency: string): boolean =>
  agency === 'board' || isMember(history, agency)

// What happens.

/** One step: what it was, whether it must be accepted (undefined: whatever the hub says), and what it changes then. */
type Step = {
  readonly name: string
  readonly expected?: boolean
  readonly answer: Answer
  readonly apply: (answer: Answer) => void
}
type Action = (history: AccessHistory, agency: string) => Promise<Step | undefined>

const recordOf = (answer: Answer, agency: string, classes: ClassName[] = []) => {
  const body = answer.body as StoredBody
  const key = `${body.resourceType}/${String(body.id)}`
  return { key, owner: agency, author: agency, body, classes, deleted: false }
}

const addCondition: Action = async (history, agency) => {
  const classes = history.random.percent(50) ? [] : [history.random.pick(CLASSES)]
  const answer = await history.as(agency).post('/Condition', labelled(condition(history.subject), ...classes))
  return {
    name: `Condition ${classes.join()}`,
    expected: knowsParticipant(history, agency),
    answer,
    apply: (written) => history.plain.push(recordOf(written, agency, classes)),
  }
}

const label: Action = async (history, agency) => {
  const record = pick(history, history.plain)
  if (!record || record.deleted || record.owner !== agency) return undefined
  const name = history.random.pick(CLASSES)
  const classes = [...new Set([...record.classes, name])].sort()
  const answer = await history.as(agency).put(`/${record.key}`, labelled(record.body, ...classes))
  return {
    name: `label ${record.key} ${name}`,
    expected: true,
    answer,
    apply: () => {
      record.classes = classes
      // The board may take a label off, so what it sends again must have it; what others send need not.
      if (agency === 'board') record.body = labelled(record.body, ...classes) as typeof record.body
    },
  }
}

/** Another agency of the circle changes a barrier, or its owner does. */
const edit: Action = async (history, agency) => {
  const record = pick(history, history.plain)
  if (!record || record.deleted) return undefined
  const text = `Seen ${history.log.length}.`
  const answer = await history.as(agency).put(`/${record.key}`, { ...record.body, note: [{ text }] })
  return {
    name: `edit ${record.key}`,
    expected: mayKnow(history, agency, record) ? true : false,
    answer,
    apply: () => void (record.author = agency),
  }
}

const addConsent: Action = async (history, agency) => {
  const { random, subject } = history
  const to = random.pick(AGENCIES)
  const classes = random.percent(40) ? [random.pick(CLASSES)] : []
  const purpose = random.percent(85) ? random.pick(['referral', 'case-management']) : 'research'
  const past = random.percent(10)
  const byGuardian = random.percent(35)
  const { guardian } = history
  const by = agency === 'board' ? 'es' : agency
  const body = consent(subject, by, to, {
    ...(classes.length > 0 ? { classes } : {}),
    ...(past ? { end: '2025-12-31' } : {}),
    ...(byGuardian ? { more: { performer: [{ reference: `RelatedPerson/${String(guardian.body.id)}` }] } } : {}),
  }) as Body & { provision: object }
  const coding = [{ system: codeSystemAt('consent-purpose'), code: purpose }]
  const sent = { ...body, provision: { ...body.provision, purpose: coding } } as Body
  const answer = await history.as(agency).post('/Consent', sent)
  const counts = purpose !== 'research' && !past
  const holds = agency === 'board' || classes.every((name) => isHolder(history, agency, name))
  return {
    name: `Consent to ${to} ${classes.join()} ${purpose}${past ? ' past' : ''}${byGuardian ? ' by the guardian' : ''}`,
    // A release that opens nothing is not held against its writer.
    expected:
      knowsParticipant(history, agency) && (!byGuardian || guardian.active) && (holds || purpose === 'research'),
    answer,
    apply: (written) =>
      history.consents.push({
        ...recordOf(written, agency, classes),
        body: sent,
        kind: 'permit',
        to,
        counts,
        active: true,
        byGuardian,
      }),
  }
}

const addDenial: Action = async (history, agency) => {
  const to = history.random.pick(AGENCIES)
  const body = denial(history.subject, agency === 'board' ? 'es' : agency, to)
  const answer = await history.as(agency).post('/Consent', body)
  return {
    name: `denial of ${to}`,
    expected: knowsParticipant(history, agency),
    answer,
    apply: (written) => {
      denies(history, to)
      history.consents.push({ ...recordOf(written, agency), body, kind: 'deny', to, counts: true, active: true })
    },
  }
}

const revoke: Action = async (history, agency) => {
  const to = history.random.pick(AGENCIES)
  const parameter = [{ name: 'recipient', valueReference: { reference: `Organization/${to}` } }]
  const answer = await history
    .as(agency)
    .post(`/${history.subject}/$revoke-consent`, { resourceType: 'Parameters', parameter })
  return {
    name: `$revoke-consent ${to}`,
    expected: knowsParticipant(history, agency),
    answer,
    apply: (written) => {
      denies(history, to)
      const record = recordOf(written, agency)
      history.consents.push({ ...record, kind: 'deny', to, counts: true, active: true })
    },
  }
}

/** What a denial ends, in the name of the hub. */
function denies(history: AccessHistory, to: string): void {
  for (const one of history.consents)
    if (one.kind === 'permit' && one.active && !one.deleted && one.to === to)
      Object.assign(one, { active: false, author: 'hub' })
  for (const one of history.tasks)
    if (OPEN.includes(one.status) && one.to === to) Object.assign(one, { status: 'cancelled', author: 'hub' })
}

/** Withdrawn, or set active again, by anybody. */
const turnConsent: Action = async (history, agency) => {
  const record = pick(history, history.consents)
  if (!record || record.deleted) return undefined
  const active = history.random.percent(40)
  if (active === record.active) return undefined
  const status = active ? 'active' : 'inactive'
  const known = mayKnow(history, agency, record)
  const answer = await history.as(agency).put(`/${record.key}`, { ...record.body, id: record.key.slice(8), status })
  const isOwn = record.owner === agency || agency === 'board'
  const opens = record.kind === 'permit' ? active : !active
  const mayOpen =
    agency === 'board' ||
    (isMember(history, agency) &&
      (record.kind === 'deny' ? record.to !== agency : record.classes.every((name) => isHolder(history, agency, name))))
  const opensNothing = record.kind === 'permit' && !record.counts
  // An agency that takes itself out may not know the record any more to put it back.
  const isGiven = !active || !record.byGuardian || history.guardian.active
  const expected = known && isGiven && (isOwn || !active) && (!opens || opensNothing || mayOpen)
  return {
    name: `${record.key} (${record.kind} ${record.to}) ${status}`,
    expected,
    answer,
    apply: () => {
      Object.assign(record, { active, author: agency })
      if (active && record.kind === 'deny') denies(history, record.to)
    },
  }
}

/** Ended by es, which recorded it, or the board; taken up again by the board alone. */
const turnAuthority: Action = async ({ as, guardian }, agency) => {
  const active = !guardian.active
  const { body } = guardian
  const answer = await as(agency).put(`/RelatedPerson/${String(body.id)}`, { ...body, active })
  return {
    name: `authority of the guardian ${active ? 'again' : 'ended'}`,
    expected: agency === 'board' || (agency === 'es' && !active),
    answer,
    apply: () => void (guardian.active = active),
  }
}

const refer: Action = async (history, agency) => {
  if (agency === 'board') return undefined
  const to = history.random.pick(AGENCIES)
  const { subject } = history
  const urn = 'urn:uuid:0c4f0a4e-2b4e-4a39-a7a2-4a8f5a8c9f10'
  const answer = await history
    .as(agency)
    .post(
      '/',
      transaction(
        { method: 'POST', url: 'ServiceRequest', resource: referral(subject, agency, to), fullUrl: urn },
        { method: 'POST', url: 'Task', resource: task(subject, urn, agency, to) },
      ),
    )
  return {
    name: `refer to ${to}`,
    ...(isMember(history, agency) && !isDenied(history, to) ? {} : { expected: false }),
    answer,
    apply: ({ body }) => {
      const resource = (body.entry as { resource: StoredBody }[])[1]!.resource
      const record = recordOf({ ...answer, body: resource }, agency)
      history.tasks.push({ ...record, requester: agency, to, status: 'requested' })
    },
  }
}

const moveTask: Action = async (history) => {
  const record = pick(history, history.tasks)
  if (!record || !OPEN.includes(record.status)) return undefined
  const reason = { statusReason: { text: 'No place is free.' } }
  const [agency, status, more] = history.random.pick([
    [record.to, 'accepted', business('accepted')],
    [record.to, 'rejected', { ...business('rejected-capacity'), ...reason }],
    [record.requester, 'cancelled', { ...business('withdrawn'), ...reason }],
  ] as const)
  const current = await history.as(agency).get(`/${record.key}`)
  if (current.status !== 200 || current.body.status === status) return undefined
  if (status === 'rejected' && current.body.status !== 'requested') return undefined
  const body = { ...current.body, status, ...more }
  const answer = await history.as(agency).put(`/${record.key}`, body, current.body.meta.versionId)
  return {
    name: `${record.key} ${status} by ${agency}`,
    expected: true,
    answer,
    apply: () => Object.assign(record, { status, author: agency }),
  }
}

const addEpisode: Action = async (history, agency) => {
  if (agency === 'board') return undefined
  const body = participation(history.subject, agency)
  const answer = await history.as(agency).post('/EpisodeOfCare', body)
  return {
    name: 'participation',
    expected: isMember(history, agency),
    answer,
    apply: (written) => history.episodes.push({ ...recordOf(written, agency), open: true }),
  }
}

const FINISHED = { status: 'finished', period: { start: '2026-01-05', end: '2026-01-31' } }

/** Finished, or active again: an agency that is out tries to let itself in. */
const turnEpisode: Action = async (history) => {
  const record = pick(history, history.episodes)
  if (!record || record.deleted) return undefined
  const agency = record.owner
  const open = !record.open
  const answer = await history.as(agency).put(`/${record.key}`, { ...record.body, ...(open ? {} : FINISHED) })
  return {
    name: `${record.key} of ${agency} ${open ? 'open' : 'finished'}`,
    expected: !open || isMember(history, agency),
    answer,
    apply: () => void (record.open = open),
  }
}

/** Deleted by its owner, or brought back. */
const deleteOrRestore: Action = async (history) => {
  const record = pick(history, [...history.plain, ...history.consents, ...history.episodes])
  if (!record) return undefined
  const agency = record.owner
  const { key, deleted } = record
  // To delete what one may not know of is answered like the deletion of nothing, and changes nothing.
  const changes = deleted || mayKnow(history, agency, record)
  const answer = deleted
    ? await history.as(agency).put(`/${key}`, { ...record.body, id: key.split('/')[1], meta: record.body.meta })
    : await history.as(agency).delete(`/${key}`)
  return {
    name: `${deleted ? 'restore' : 'delete'} ${key} of ${agency}`,
    // A denial that is deleted is lifted; a record about somebody unknown is not brought back.
    ...(deleted && !knowsParticipant(history, agency) ? { expected: false } : {}),
    answer,
    apply: () => {
      if (!changes) return
      Object.assign(record, { deleted: !deleted, author: agency })
      const one = record as ModelConsent & ModelEpisode
      if (deleted && key.startsWith('EpisodeOfCare/')) one.open = true
      if (deleted && key.startsWith('Consent/')) {
        one.active = true
        if (one.kind === 'deny') denies(history, one.to)
      }
    },
  }
}

const pick = <T>({ random }: AccessHistory, list: readonly T[]): T | undefined =>
  list.length === 0 ? undefined : random.pick(list)

const ACTIONS: readonly Action[] = [
  addCondition,
  addCondition,
  label,
  edit,
  addConsent,
  addConsent,
  addConsent,
  addDenial,
  revoke,
  turnConsent,
  turnConsent,
  turnAuthority,
  refer,
  refer,
  moveTask,
  moveTask,
  addEpisode,
  turnEpisode,
  turnEpisode,
  deleteOrRestore,
  deleteOrRestore,
]

/** Plays one history. Answers how many steps were accepted. @throws AssertionError with the history, at the first difference */
export async function playHistory(as: (agency: string) => Client, seed: number, steps: number): Promise<number> {
  const random = createRandom(seed)
  const patient = made(await as('es').post('/Patient', participant('es')))
  const subject = `Patient/${String(patient.id)}`
  const record = { ...recordOf({ body: patient } as Answer, 'es'), key: subject }
  const person = relatedPerson(subject, 'GUARD', { period: { start: '2020-01-01' } })
  const guardian = { body: made(await as('es').post('/RelatedPerson', person)) as StoredBody, active: true }
  const lists = { plain: [], consents: [], tasks: [], episodes: [], log: [] }
  const history: AccessHistory = { as, random, subject, patient: record, guardian, ...lists }
  let accepted = 0
  for (let count = 0; count < steps; count += 1) {
    const agency = random.percent(40) ? 'es' : random.pick(READERS)
    const step = await random.pick(ACTIONS)(history, agency)
    if (!step) continue
    const ok = step.answer.status < 300
    history.log.push(`${agency}: ${step.name} -> ${step.answer.status}`)
    const what = () => `seed ${seed}\n${history.log.join('\n')}\n${step.answer.text}`
    assert.ok(step.answer.status < 500, what())
    if (step.expected !== undefined) assert.equal(ok, step.expected, what())
    accepted += Number(ok)
    if (ok) step.apply(step.answer)
    // What was refused changes nothing: the end of the history shows it.
    if (ok || count === steps - 1) await compareAll(history, what)
  }
  return accepted
}

/** Every agency reads every record, in one batch. */
async function compareAll(history: AccessHistory, what: () => string): Promise<void> {
  const records = [history.patient, ...history.plain, ...history.consents, ...history.tasks, ...history.episodes]
  const bundle = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: records.map(({ key }) => ({ request: { method: 'GET', url: key } })),
  }
  for (const agency of READERS) {
    const { entry } = made(await history.as(agency).post('/', bundle)) as { entry: { response: { status: string } }[] }
    for (const [index, record] of records.entries()) {
      const status = Number(entry[index]!.response.status.slice(0, 3))
      const knows = mayKnow(history, agency, record)
      const right = !knows ? 404 : record.deleted ? 410 : 200
      assert.equal(status, right, `${agency} reads ${record.key} of ${record.owner}\n${what()}`)
    }
  }
}
