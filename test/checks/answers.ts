/**
 * Are the answers of the hub valid R4? Its own validator says so, with R4 and the definitions that the hub publishes. Of
 * each kind of request (method, address, status, type of the answer) the first answer in a process is checked: enough to
 * see every kind in a run of all tests, and no more than a second of it.
 */
import assert from 'node:assert/strict'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { isError } from '../../server/fhir/outcome.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import type { Validator } from '../../server/validate/validator.ts'

type Sent = { readonly method: string; readonly path: string; readonly status: number }

let validator: Promise<Validator> | undefined
const seen = new Set<string>()
/** The urls of the definitions that tests posted to their hubs, by the answers. */
const posted = new Set<string>()

/** Hubs under test have clocks of their own, and no rule about an answer asks for a time to come. */
const LATE = Date.UTC(2200, 0)

/** Loaded with the first answer. */
const load = (): Promise<Validator> =>
  (validator ??= loadDefinitions('.').then((definitions) =>
    createValidator(definitions, { rules: 'open', clock: { now: () => LATE, timeZone: 'UTC' } }),
  ))

/** What is wrong with an answer, a sentence for each error. */
export async function answerFaults(body: unknown): Promise<readonly string[]> {
  const issues = await (await load()).check(withoutProfilesOfParts(body))
  // A test may have profiles, code lists and questionnaires of its own, which this validator does not have. A part of a resource may lack what a rule
  // asks for: https://hl7.org/fhir/R4/resource.html#simple-tags (SUBSETTED).
  const ignored = [
    'profile-unknown',
    'questionnaire-mismatch',
    ...(JSON.stringify(body).includes('"code":"SUBSETTED"') ? ['invariant', 'reference-type'] : []),
  ]
  return issues
    .filter((issue) => isError(issue) && !ignored.includes(issue.detail) && !isOfPosted(issue))
    .map(({ expression, text }) => `${expression ?? ''}: ${text}`)
}

/** A part of a resource has what R4 makes mandatory, and not what its profiles ask for. */
const withoutProfilesOfParts = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body), (name: string, value: unknown) => {
    if (name !== 'meta' || !JSON.stringify(value).includes('"code":"SUBSETTED"')) return value
    const { profile: _, ...meta } = value as Record<string, unknown>
    return meta
  })

/** An extension that this validator does not have. */
const isOfPosted = ({ detail, text }: { readonly detail: string; readonly text: string }): boolean =>
  detail === 'extension-unknown' && [...posted].some((url) => text.includes(`\`${url}\``))

/** @throws AssertionError for the first answer of its kind when it is not valid */
export async function assertValidAnswer(sent: Sent, body: unknown): Promise<void> {
  const type = (body as { readonly resourceType?: unknown } | undefined)?.resourceType
  if (typeof type !== 'string') return
  if (type === 'StructureDefinition') posted.add(String((body as { readonly url?: unknown }).url))
  const kind = `${sent.method} ${shapeOf(sent.path)} ${sent.status} ${type}`
  if (seen.has(kind)) return
  seen.add(kind)
  assert.deepEqual(await answerFaults(body), [], `the answer to ${sent.method} ${sent.path} is not valid FHIR`)
}

/** `/Patient/abc/$match?_count=1&name=x` as `/Patient/:/$match?_count`: ids and values left out. */
export function shapeOf(path: string): string {
  const [address = '', query = ''] = path.split('?')
  const segments = address.split('/').map((one, index) => (index < 2 || /^[_$]/.test(one) ? one : ':'))
  const controls = [...new URLSearchParams(query).keys()].filter((name) => name.startsWith('_'))
  return `${segments.join('/')}?${[...new Set(controls)].sort().join('&')}`
}
