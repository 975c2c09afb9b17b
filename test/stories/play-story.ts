/** Plays a story over HTTP against a hub whose clock it moves. */
import assert from 'node:assert/strict'
import { holds, evaluate } from '../../server/fhirpath/expression.ts'
import { fill } from '../checks/http-file.ts'
import type { Answer, Client } from '../given.ts'
import { filledForm } from './form.ts'
import { add, elementOf } from './words.ts'
import { readBlanks, type Blanks, type StoryParameter, type StoryRequest, type StoryStep } from './read-story.ts'

/** Where a story is played: the clients of the hub, its clock, and what is remembered. */
export type Stage = {
  readonly as: (agency: string | undefined) => Client
  /** Moves the clock, and lets the hub do what is due by then. */
  readonly moveTo: (time: number) => Promise<void>
  readonly now: () => number
  readonly remembered: Map<string, string>
  /** Every text that was sent or answered. */
  readonly exchanged: string[]
}

/** Plays one step. Throws an AssertionError that names the line where the answer is not the expected one. */
export async function play(step: StoryStep, stage: Stage): Promise<void> {
  if (step.kind === 'later') return stage.moveTo(timeAfter(stage.now(), step.until))
  const client = stage.as(step.agency === 'board' ? undefined : step.agency)
  let answer = await sent(step, client, stage.remembered)
  for (let tries = 0; step.isSoon && tries < MOST_TRIES && !isExpected(step, answer, stage.remembered); tries += 1) {
    await stage.moveTo(stage.now())
    answer = await sent(step, client, stage.remembered)
  }
  stage.exchanged.push(JSON.stringify([...step.blanks.values(), ...step.parameters, ...step.changes]), answer.text)
  check(step, answer, stage.remembered)
}

/** Requests until a notification must have come. */
const MOST_TRIES = 500

function isExpected(step: StoryRequest, answer: Answer, remembered: ReadonlyMap<string, string>): boolean {
  try {
    check(step, answer, new Map(remembered))
    return true
  } catch {
    return false
  }
}

function sent(step: StoryRequest, client: Client, remembered: ReadonlyMap<string, string>): Promise<Answer> {
  const target = fill(step.target, remembered)
  const blanks = filledBlanks(step.blanks, remembered)
  switch (step.verb) {
    case 'create': {
      const body = filledForm(target, blanks) as { readonly resourceType: string }
      return client.post(
        `/${body.resourceType}`,
        body,
        step.unless === undefined ? {} : { headers: { 'If-None-Exist': fill(step.unless, remembered) } },
      )
    }
    case 'get':
      return client.get(`/${target}`)
    case 'delete':
      return client.delete(`/${target}`, step.version === undefined ? undefined : fill(step.version, remembered))
    case 'call': {
      const parameter = step.parameters.map((one) => parameterOf(one, remembered))
      return client.post(`/${target}`, { resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) })
    }
    case 'change':
      return changed(step, client, target, remembered)
  }
}

/** Reads the record as the agency sees it (of an old version: that one), changes the elements, and writes it with If-Match. */
async function changed(
  { changes, additions, version, line }: StoryRequest,
  client: Client,
  target: string,
  remembered: ReadonlyMap<string, string>,
): Promise<Answer> {
  const read = await client.get(version === undefined ? `/${target}` : `/${target}/_history/${version}`)
  assert.equal(read.status, 200, `line ${line}: ${target} cannot be read: ${read.text}`)
  const body = { ...(read.body as Record<string, unknown>) }
  for (const [element, value] of changes) {
    const filled = fill(value, remembered)
    if (filled === 'nothing') delete body[element]
    else body[element] = elementOf(filled)
  }
  for (const words of additions) add(body, fill(words, remembered))
  return client.put(`/${target}`, body, version ?? (read.body as { meta: { versionId: string } }).meta.versionId)
}

function parameterOf({ name, type, value }: StoryParameter, remembered: ReadonlyMap<string, string>): object {
  const text = fill(value, remembered)
  if (type === 'form') {
    const [form = '', ...blanks] = text.split(' ')
    return { name, resource: filledForm(form, readBlanks(blanks.join(' '))) }
  }
  if (type === 'parts')
    return {
      name,
      part: [...text.matchAll(/(\w+):(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, part = '', partType = '', quoted, word]) =>
        valued(part, partType, quoted ?? word ?? ''),
      ),
    }
  return valued(name, type, text)
}

function valued(name: string, type: string, text: string): object {
  const key = `value${type.charAt(0).toUpperCase()}${type.slice(1)}`
  if (type === 'reference') return { name, [key]: { reference: text } }
  return {
    name,
    [key]: type === 'boolean' ? text === 'true' : text.startsWith('{') ? (JSON.parse(text) as unknown) : text,
  }
}

function check(step: StoryRequest, answer: Answer, remembered: Map<string, string>): void {
  const where = `line ${step.line}`
  assert.equal(answer.status, step.status, `${where}: ${answer.text}`)
  for (const expression of step.sees) {
    const filled = fill(expression, remembered)
    assert.ok(holds(filled, answer.body ?? {}), `${where}: ${filled} is not true of ${answer.text}`)
  }
  for (const word of step.neverSees) {
    const filled = fill(word, remembered)
    assert.ok(!answer.text.includes(filled), `${where}: ${filled} is in ${answer.text}`)
  }
  for (const [name, expression] of step.remembers) {
    const [value, ...others] = evaluate(fill(expression, remembered), answer.body ?? {})
    assert.ok(value !== undefined && others.length === 0, `${where}: ${expression} is not one value in ${answer.text}`)
    remembered.set(name, String(value))
  }
}

const filledBlanks = (blanks: Blanks, remembered: ReadonlyMap<string, string>): Blanks =>
  new Map([...blanks].map(([name, value]) => [name, fill(value, remembered)]))

/** `3 years`, `2 days`, or a date. */
function timeAfter(now: number, until: string): number {
  const [, count = '', unit = ''] = /^(\d+) (hour|day|week|year)s?$/.exec(until) ?? []
  const hours = { hour: 1, day: 24, week: 7 * 24, year: 365 * 24 }[unit]
  if (hours !== undefined) return now + Number(count) * hours * 3_600_000
  const time = Date.parse(until)
  assert.ok(time > now, `\`later ${until}\` is no time after ${new Date(now).toISOString()}`)
  return time
}
