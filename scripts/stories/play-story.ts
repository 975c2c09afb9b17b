/** Plays a story over HTTP against a hub whose clock it moves. */
import assert from 'node:assert/strict'
import { holds, evaluate } from '../../server/fhirpath/expression.ts'
import { fill, filledForm } from './form.ts'
import { add, elementOf } from './words.ts'
import { readBlanks, type Blanks, type StoryParameter, type StoryRequest, type StoryStep } from './read-story.ts'

/** `body` is the parsed JSON of `text`; undefined where there is none. */
export type StoryAnswer = { readonly status: number; readonly text: string; readonly body?: unknown }
export type StoryMessage = {
  readonly agency: string
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Where a story is played: the hub, its clock, and what is remembered. */
export type Stage = {
  readonly send: (message: StoryMessage) => Promise<StoryAnswer>
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
  const answer = await answerTo(step, stage)
  stage.exchanged.push(JSON.stringify([...step.blanks.values(), ...step.parameters, ...step.changes]), answer.text)
  check(step, answer, stage.remembered)
}

async function answerTo(step: StoryRequest, stage: Stage): Promise<StoryAnswer> {
  let answer = await sent(step, stage)
  const until = Date.now() + LONGEST_WAIT
  while (step.isSoon && Date.now() < until && !isExpected(step, answer, stage.remembered)) {
    await stage.moveTo(stage.now())
    answer = await sent(step, stage)
  }
  return answer
}

/** Until a notification must have come, in milliseconds of the machine's clock. */
const LONGEST_WAIT = 10_000

function isExpected(step: StoryRequest, answer: StoryAnswer, remembered: Blanks): boolean {
  try {
    check(step, answer, new Map(remembered))
    return true
  } catch {
    return false
  }
}

function sent(step: StoryRequest, { send, remembered }: Stage): Promise<StoryAnswer> {
  const { agency, verb } = step
  const target = fill(step.target, remembered)
  switch (verb) {
    case 'create': {
      const body = filledForm(target, filledBlanks(step.blanks, remembered)) as { readonly resourceType: string }
      const headers: Readonly<Record<string, string>> =
        step.unless === undefined ? {} : { 'If-None-Exist': fill(step.unless, remembered) }
      return send({ agency, method: 'POST', path: body.resourceType, body, headers })
    }
    case 'get':
      return send({ agency, method: 'GET', path: target })
    case 'delete':
      return send({ agency, method: 'DELETE', path: target, headers: ifMatch(step.version, remembered) })
    case 'call': {
      const parameter = step.parameters.map((one) => parameterOf(one, remembered))
      const body = { resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) }
      return send({ agency, method: 'POST', path: target, body })
    }
    case 'change':
      return changed(step, target, { send, remembered })
  }
}

const ifMatch = (version: string | undefined, remembered: Blanks): Readonly<Record<string, string>> =>
  version === undefined ? {} : { 'If-Match': `W/"${fill(version, remembered)}"` }

/** Reads the record as the agency sees it (of an old version: that one), changes the elements, and writes it with If-Match. */
async function changed(
  { agency, changes, additions, version, line }: StoryRequest,
  path: string,
  { send, remembered }: Pick<Stage, 'send' | 'remembered'>,
): Promise<StoryAnswer> {
  const read = await send({
    agency,
    method: 'GET',
    path: version === undefined ? path : `${path}/_history/${version}`,
  })
  assert.equal(read.status, 200, `line ${line}: ${path} cannot be read: ${read.text}`)
  const body = { ...(read.body as Record<string, unknown>) }
  for (const [element, value] of changes) {
    const filled = fill(value, remembered)
    if (filled === 'nothing') delete body[element]
    else body[element] = elementOf(filled)
  }
  for (const words of additions) add(body, fill(words, remembered))
  const current = version ?? (read.body as { readonly meta: { readonly versionId: string } }).meta.versionId
  return send({ agency, method: 'PUT', path, body, headers: ifMatch(current, remembered) })
}

function parameterOf({ name, type, value }: StoryParameter, remembered: Blanks): object {
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

function check(step: StoryRequest, answer: StoryAnswer, remembered: Map<string, string>): void {
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

const filledBlanks = (blanks: Blanks, remembered: Blanks): Blanks =>
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
