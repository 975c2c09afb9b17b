/**
 * Merges and their undo, as a model of its own: it knows nothing of circles, grants and audiences. It says for each record
 * who owns it, whom it is about, which agencies may know it, and which of its versions. Histories of several participants
 * are played over HTTP; after each merge, each undo and at the end every agency reads every record and its history.
 */
import assert from 'node:assert/strict'
import type { Scene } from '../attack/scene.ts'
import {
  business,
  condition,
  consent,
  denial,
  goal,
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
import { made, type Answer } from '../given.ts'

const AGENCIES = ['es', 'abe', 'vr', 'dhs'] as const
const READERS = [...AGENCIES, 'board'] as const
const CLASSES = ['disability', 'rehabilitation'] as const
const OPEN = ['requested', 'accepted']

/** One step of a history: what is done, by whom, and choices that the action reads as it needs them. */
export type StepChoice = { readonly action: number; readonly by: number; readonly a: number; readonly b: number }

type Person = { readonly entry: string; into?: Person; readonly record: ModelRecord }

type ModelRecord = {
  readonly key: string
  readonly owner: string
  /** Whom it is about; a participant is about the one that it was merged into. */
  person: Person | undefined
  classes: string[]
  deleted: boolean
  readonly kind: 'patient' | 'plain' | 'request' | 'permit' | 'deny' | 'task' | 'episode'
  /** The recipient of a consent or denial, the owner of a Task. */
  readonly to?: string
  /** Of a consent, a Task, an episode: does it count now? */
  open: boolean
  /** Of each version. */
  authors: string[]
  /** By agency that may know the record now: the first version that it may know. */
  readonly firsts: Map<string, number>
}

type ModelMerge = {
  readonly source: Person
  readonly target: Person
  readonly moved: readonly ModelRecord[]
  undone: boolean
}

type History = {
  readonly scene: Scene
  readonly persons: Person[]
  readonly records: ModelRecord[]
  readonly merges: ModelMerge[]
  readonly log: string[]
}

// What the model says.

const survivor = (person: Person): Person => (person.into ? survivor(person.into) : person)
const aboutWhom = ({ person }: ModelRecord): Person => person!

const live = ({ records }: History, person: Person): readonly ModelRecord[] =>
  records.filter((one) => !one.deleted && one.kind !== 'patient' && aboutWhom(one) === person)

const isDenied = (history: History, agency: string, person: Person): boolean =>
  live(history, person).some(({ kind, open, to }) => kind === 'deny' && open && to === agency)

function isMember(history: History, agency: string, person: Person): boolean {
  if (person.into) return false
  if (person.entry === agency) return true
  if (isDenied(history, agency, person)) return false
  return (
    history.persons.some((one) => one.entry === agency && survivor(one) === person) ||
    live(history, person).some(
      ({ kind, open, owner, to }) =>
        (kind === 'permit' && open && to === agency) ||
        (kind === 'task' && open && [owner, to].includes(agency)) ||
        (kind === 'episode' && open && owner === agency),
    )
  )
}

const isHolder = (history: History, agency: string, name: string, person: Person): boolean =>
  live(history, person).some((one) => one.kind === 'plain' && one.owner === agency && one.classes.includes(name))

const isOpenTo = (history: History, agency: string, record: ModelRecord, name: string): boolean =>
  !isDenied(history, agency, aboutOf(record)) &&
  live(history, aboutOf(record)).some(
    (one) =>
      one.kind === 'permit' &&
      one.open &&
      one.to === agency &&
      one.classes.includes(name) &&
      [record.owner, 'board'].includes(one.owner),
  )

/** A participant is about whoever its records are about since. */
const aboutOf = (record: ModelRecord): Person =>
  record.kind === 'patient' ? survivor(aboutWhom(record)) : aboutWhom(record)

function mayKnow(history: History, agency: string, record: ModelRecord): boolean {
  const { owner, classes, kind } = record
  const person = aboutOf(record)
  const denied = isDenied(history, agency, person)
  const author = record.authors.at(-1)!
  if (agency === owner && (!denied || [owner, 'hub'].includes(author))) return true
  if (kind === 'task' && agency === author && !denied) return true
  if (classes.length === 0) return agency === 'board' || isMember(history, agency, person)
  const isConsent = kind === 'permit' || kind === 'deny'
  if (isConsent && agency === 'board') return true
  return classes.every(
    (name) =>
      isOpenTo(history, agency, record, name) ||
      (isConsent && owner === 'board' && isHolder(history, agency, name, person) && isMember(history, agency, person)),
  )
}

/** The numbers of the versions that an agency may know; none where it may not know of the record. */
function versionsFor(agency: string, { authors, firsts }: ModelRecord): readonly number[] {
  const first = firsts.get(agency)
  if (first === undefined) return []
  const all = authors.map((author, index) => ({ number: index + 1, author }))
  return all
    .filter(({ number, author }) => agency === 'board' || number >= first || author === agency)
    .map(({ number }) => number)
}

// What happens. An action answers what became of its request, and whether the model says that it is taken.

type Step = { readonly name: string; readonly answer: Answer; readonly taken?: boolean; readonly apply: () => void }
type Action = (history: History, agency: string, choice: StepChoice) => Promise<Step | undefined>

const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(list.length, 1)]
const own = (history: History, agency: string, kinds: readonly string[], index: number): ModelRecord | undefined =>
  at(
    history.records.filter((one) => one.owner === agency && kinds.includes(one.kind)),
    index,
  )
const subjectOf = ({ record }: Person): string => record.key

function add(
  history: History,
  body: StoredBody,
  more: Partial<ModelRecord> & Pick<ModelRecord, 'owner' | 'person' | 'kind'>,
) {
  const key = `${body.resourceType}/${String(body.id)}`
  const record: ModelRecord = { key, classes: [], deleted: false, open: true, authors: [], firsts: new Map(), ...more }
  history.records.push(record)
  return record
}

const addPlain: Action = async (history, agency, { a, b }) => {
  const person = at(history.persons, a)!
  const build = at([condition, goal, relatedPerson], b)!
  const classes = b % 5 === 0 ? [at(CLASSES, a)!] : []
  const body = labelled(build(subjectOf(person)), ...classes)
  const answer = await history.scene.as(agency).post(`/${body.resourceType}`, body)
  return {
    name: `${body.resourceType} ${classes.join()} about ${subjectOf(person)}`,
    answer,
    taken: !person.into && (agency === 'board' || isMember(history, agency, person)),
    apply: () => void add(history, answer.body as StoredBody, { owner: agency, person, kind: 'plain', classes }),
  }
}

/** Anybody who may know of a record of those that may be changed by any agency. */
const edit: Action = async (history, agency, { a, b }) => {
  const record = at(
    history.records.filter(({ kind, deleted }) => kind === 'plain' && !deleted),
    a,
  )
  if (!record?.key.startsWith('Condition/')) return undefined
  const answer = await history.scene
    .as(agency)
    .put(`/${record.key}`, { ...(await stored(history, record)), note: [{ text: `Note ${b}` }] })
  return { name: `edit ${record.key}`, answer, taken: mayKnow(history, agency, record), apply: () => undefined }
}

const label: Action = async (history, agency, { a, b }) => {
  const record = own(history, agency, ['plain'], a)
  if (!record || record.deleted) return undefined
  const classes = [...new Set([...record.classes, at(CLASSES, b)!])].sort()
  const body = labelled(
    { ...(await stored(history, record)), meta: undefined } as unknown as Body,
    ...(classes as never[]),
  )
  const answer = await history.scene.as(agency).put(`/${record.key}`, body)
  return { name: `label ${record.key} ${classes.join()}`, answer, apply: () => void (record.classes = classes) }
}

const addConsent: Action = async (history, agency, { a, b }) => {
  const [person, to] = [at(history.persons, a)!, at(AGENCIES, b)!]
  const classes = b % 3 === 0 ? [at(CLASSES, a)!] : []
  const body = consent(subjectOf(person), agency === 'board' ? 'es' : agency, to, classes.length > 0 ? { classes } : {})
  const answer = await history.scene.as(agency).post('/Consent', body)
  return {
    name: `Consent for ${to} ${classes.join()} about ${subjectOf(person)}`,
    answer,
    ...(person.into ? { taken: false } : {}),
    apply: () => void add(history, answer.body as StoredBody, { owner: agency, person, kind: 'permit', to, classes }),
  }
}

const addDenial: Action = async (history, agency, { a, b }) => {
  const [person, to] = [at(history.persons, a)!, at(AGENCIES, b)!]
  const body = denial(subjectOf(person), agency === 'board' ? 'es' : agency, to)
  const answer = await history.scene.as(agency).post('/Consent', body)
  return {
    name: `denial of ${to} about ${subjectOf(person)}`,
    answer,
    taken: !person.into && (agency === 'board' || isMember(history, agency, person)),
    apply: () => {
      add(history, answer.body as StoredBody, { owner: agency, person, kind: 'deny', to })
      deny(history, person, to)
    },
  }
}

/** What a denial ends. */
function deny(history: History, person: Person, to: string): void {
  for (const one of live(history, person)) if (['permit', 'task'].includes(one.kind) && one.to === to) one.open = false
}

const turnConsent: Action = async (history, agency, { a }) => {
  const record = own(history, agency, ['permit', 'deny'], a)
  if (!record || record.deleted) return undefined
  const status = record.open ? 'inactive' : 'active'
  const answer = await history.scene.as(agency).put(`/${record.key}`, { ...(await stored(history, record)), status })
  const apply = () => {
    record.open = !record.open
    if (record.open && record.kind === 'deny') deny(history, aboutWhom(record), record.to!)
  }
  return { name: `${record.key} (${record.kind} ${record.to}) ${status}`, answer, apply }
}

const refer: Action = async (history, agency, { a, b }) => {
  const [person, to] = [at(history.persons, a)!, at(AGENCIES, b)!]
  if (agency === 'board') return undefined
  const urn = 'urn:uuid:0c4f0a4e-2b4e-4a39-a7a2-4a8f5a8c9f10'
  const subject = subjectOf(person)
  const bundle = transaction(
    { method: 'POST', url: 'ServiceRequest', resource: referral(subject, agency, to), fullUrl: urn },
    { method: 'POST', url: 'Task', resource: task(subject, urn, agency, to) },
  )
  const answer = await history.scene.as(agency).post('/', bundle)
  const apply = () => {
    const [request, sent] = (answer.body.entry as { resource: StoredBody }[]).map(({ resource }) => resource)
    add(history, request!, { owner: agency, person, kind: 'request' })
    add(history, sent!, { owner: agency, person, kind: 'task', to })
  }
  return { name: `refer to ${to} about ${subject}`, answer, ...(person.into ? { taken: false } : {}), apply }
}

const moveTask: Action = async (history, _agency, { a, b }) => {
  const record = at(
    history.records.filter(({ kind, open }) => kind === 'task' && open),
    a,
  )
  if (!record) return undefined
  const current = await stored(history, record)
  const status = b % 2 === 0 && current.status === 'requested' ? 'accepted' : 'cancelled'
  const by = status === 'accepted' ? record.to! : record.owner
  const more =
    status === 'accepted' ? business('accepted') : { ...business('withdrawn'), statusReason: { text: 'No longer.' } }
  const answer = await history.scene.as(by).change({ ...current, status, ...more } as never)
  return {
    name: `${record.key} ${status} by ${by}`,
    answer,
    taken: mayKnow(history, by, record),
    apply: () => void (record.open = OPEN.includes(status)),
  }
}

const addEpisode: Action = async (history, agency, { a }) => {
  const person = at(history.persons, a)!
  if (agency === 'board') return undefined
  const answer = await history.scene.as(agency).post('/EpisodeOfCare', participation(subjectOf(person), agency))
  return {
    name: `participation about ${subjectOf(person)}`,
    answer,
    ...(person.into || !isMember(history, agency, person) ? { taken: false } : {}),
    apply: () => void add(history, answer.body as StoredBody, { owner: agency, person, kind: 'episode' }),
  }
}

const endEpisode: Action = async (history, agency, { a }) => {
  const record = own(history, agency, ['episode'], a)
  if (!record?.open || record.deleted) return undefined
  const ended = { status: 'finished', period: { start: '2026-01-05', end: '2026-01-31' } }
  const answer = await history.scene.as(agency).put(`/${record.key}`, { ...(await stored(history, record)), ...ended })
  return { name: `${record.key} finished`, answer, apply: () => void (record.open = false) }
}

const remove: Action = async (history, agency, { a }) => {
  const record = own(history, agency, ['plain', 'permit', 'deny', 'episode'], a)
  if (!record || record.deleted) return undefined
  const answer = await history.scene.as(agency).delete(`/${record.key}`)
  return { name: `delete ${record.key}`, answer, apply: () => void (record.deleted = true) }
}

const PAIR = ['source-patient', 'target-patient']
const pair = (...persons: readonly Person[]) => ({
  resourceType: 'Parameters',
  parameter: persons.map((one, index) => ({ name: PAIR[index], valueReference: { reference: subjectOf(one) } })),
})

const merge: Action = async (history, _agency, { a, b }) => {
  const [source, target] = [at(history.persons, a)!, at(history.persons, b)!]
  const answer = await history.scene.as('board').post('/Patient/$merge', pair(source, target))
  const apply = () => {
    const moved = live(history, source)
    for (const one of moved) one.person = target
    source.into = target
    history.merges.push({ source, target, moved, undone: false })
    for (const agency of AGENCIES) if (isDenied(history, agency, target)) deny(history, target, agency)
  }
  const taken = source !== target && !source.into && !target.into
  return { name: `merge ${subjectOf(source)} into ${subjectOf(target)}`, answer, taken, apply }
}

const undo: Action = async (history, _agency, { a }) => {
  const done = at(history.merges, a)
  if (!done) return undefined
  const { source, target, moved } = done
  const answer = await history.scene.as('board').post('/Patient/$undo-merge', pair(source, target))
  const last = history.merges.filter((one) => one.source === source).at(-1)
  const taken = source.into === target && !target.into
  const apply = () => {
    for (const one of last!.moved) if (!one.deleted && aboutWhom(one) === target) one.person = source
    delete source.into
    last!.undone = true
  }
  return { name: `undo ${subjectOf(source)} into ${subjectOf(target)} (${moved.length})`, answer, taken, apply }
}

const ACTIONS: readonly Action[] = [
  addPlain,
  addPlain,
  addPlain,
  edit,
  label,
  addConsent,
  addConsent,
  addConsent,
  addDenial,
  turnConsent,
  refer,
  refer,
  moveTask,
  addEpisode,
  endEpisode,
  remove,
  merge,
  merge,
  merge,
  undo,
  undo,
]
export const ACTION_COUNT = ACTIONS.length

/** Plays one history. Answers how many merges and undos were taken. @throws AssertionError at the first difference */
export async function playMerges(scene: Scene, choices: readonly StepChoice[]): Promise<number> {
  const history: History = { scene, persons: [], records: [], merges: [], log: [] }
  for (const entry of ['es', 'vr', 'abe']) {
    const body = made(await scene.as(entry).post('/Patient', participant(entry))) as StoredBody
    const record = add(history, body, { owner: entry, person: undefined, kind: 'patient' })
    const person = { entry, record }
    record.person = person
    history.persons.push(person)
  }
  await learn(history)
  let done = 0
  for (const [index, choice] of choices.entries()) {
    const agency = at(READERS, choice.by)!
    const action = at(ACTIONS, choice.action)!
    const step = await action(history, agency, choice)
    if (!step) continue
    const ok = step.answer.status < 300
    history.log.push(`${agency}: ${step.name} -> ${step.answer.status}`)
    const what = () => `${history.log.join('\n')}\n${step.answer.text.slice(0, 2000)}`
    assert.ok(step.answer.status < 500, what())
    if (step.taken !== undefined) assert.equal(ok, step.taken, what())
    if (ok) step.apply()
    await learn(history)
    const isMerge = action === merge || action === undo
    done += Number(isMerge && ok)
    if (isMerge || index === choices.length - 1) await compareAll(history, what)
  }
  return done
}

/** After each step: the versions that there are, and who came to know of which record. */
async function learn(history: History): Promise<void> {
  for (const record of history.records) {
    const isNew = record.authors.length === 0
    const { versions } = await history.scene.store.history(keyOf(record), 'unrestricted', { limit: Infinity })
    record.authors = versions.map(({ author }) => author).reverse()
    for (const agency of READERS) {
      const knows = mayKnow(history, agency, record)
      if (!knows) record.firsts.delete(agency)
      else if (!record.firsts.has(agency)) record.firsts.set(agency, isNew ? 1 : record.authors.length)
    }
  }
}

const keyOf = ({ key }: ModelRecord) => ({ type: key.split('/')[0]!, id: key.split('/')[1]! })

async function stored({ scene }: History, record: ModelRecord): Promise<Body & { readonly meta: object }> {
  const version = await scene.store.read(keyOf(record), 'unrestricted')
  return JSON.parse(version!.text) as Body & { readonly meta: object }
}

async function compareAll(history: History, what: () => string): Promise<void> {
  for (const record of history.records) {
    const version = (await history.scene.store.read(keyOf(record), 'unrestricted'))!
    assert.equal(version.owner, record.owner, `${record.key}\n${what()}`)
    if (record.deleted || record.kind === 'patient') continue
    const body = JSON.parse(version.text) as { [name: string]: { reference?: string } }
    const about = body.subject ?? body.patient ?? body.for
    assert.equal(about?.reference, subjectOf(aboutWhom(record)), `${record.key} is about\n${what()}`)
  }
  const urls = history.records.flatMap(({ key }) => [key, `${key}/_history`])
  const searches = history.persons.map((one) => `Condition?patient=${subjectOf(one)}&_total=accurate&_count=0`)
  const entry = [...urls, ...searches].map((url) => ({ request: { method: 'GET', url } }))
  for (const agency of READERS) {
    const answer = await history.scene.as(agency).post('/', { resourceType: 'Bundle', type: 'batch', entry })
    const answers = made(answer).entry as AnswerEntry[]
    for (const [index, record] of history.records.entries()) {
      const text = `${agency} reads ${record.key} of ${record.owner}\n${what()}`
      const right = !mayKnow(history, agency, record) ? 404 : record.deleted ? 410 : 200
      assert.equal(Number(answers[2 * index]!.response.status.slice(0, 3)), right, text)
      const listed = (answers[2 * index + 1]!.resource?.entry ?? []).map(({ response }) =>
        Number(response.etag?.slice(3, -1)),
      )
      assert.deepEqual(listed.reverse(), versionsFor(agency, record), `the history: ${text}`)
    }
    for (const [index, person] of history.persons.entries()) {
      const found = live(history, person).filter(
        (one) => one.key.startsWith('Condition/') && mayKnow(history, agency, one),
      )
      assert.equal(
        answers[urls.length + index]!.resource?.total,
        found.length,
        `${agency} searches ${subjectOf(person)}\n${what()}`,
      )
    }
  }
}

type AnswerEntry = {
  readonly response: { readonly status: string; readonly etag?: string }
  readonly resource?: { readonly total?: number; readonly entry?: readonly AnswerEntry[] }
}
