/**
 * One verdict for a write, `$validate`, the command line and the library: a resource is judged as it was sent; only
 * where the hub fills an element, and nothing was sent, as the hub will fill it. What a client sends in the hub's place
 * is not kept, but it must be well formed, too.
 */
import { HUB_ID } from './domain/participant/hub-id.ts'
import { openedSsn, ssnIn, strayNumber } from './domain/participant/ssn.ts'
import { carry } from './fhir/decimals.ts'
import { items } from './fhir/element.ts'
import { OutcomeError, type Issue } from './fhir/outcome.ts'
import type { Resource } from './fhir/types.ts'
import type { Validator } from './validate/validator.ts'

/** A validator that completes what it is given before it looks at it. */
export function completing(validator: Validator): Validator {
  return {
    async check(resource, ask = {}) {
      if (!isResource(resource)) return validator.check(resource, ask)
      const at = ask.at ?? resource.resourceType
      const judged = completed(resource, at)
      if (judged instanceof OutcomeError) return judged.issues
      return asSent(await validator.check(judged, ask), { sent: resource, judged, at })
    },
  }
}

const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && typeof (value as Resource).resourceType === 'string'

/** No text about a social security number that cannot be taken may repeat it, so nothing else is looked at then. */
function completed(resource: Resource, at: string): Resource | OutcomeError {
  try {
    const filled = (FILLED[resource.resourceType] ?? asItIs)(resource, at)
    const stray = ssnIn(filled, at)
    return stray === undefined ? filled : strayNumber(stray)
  } catch (error) {
    if (error instanceof OutcomeError) return error
    throw error
  }
}

const asItIs = (resource: Resource): Resource => resource

/** What the hub fills, by type. The values stand for those that it will make. */
const FILLED: Readonly<Record<string, (resource: Resource, at: string) => Resource>> = {
  Patient: (patient, at) => withHubId(openedSsn(patient, at).patient),
  // Never before authoredOn (inv-1).
  Task: (task) =>
    'lastModified' in task || '_lastModified' in task
      ? task
      : carry(task, { ...task, lastModified: '9999-12-31T00:00:00Z' }),
}

function withHubId(patient: Resource): Resource {
  const { identifier = [] } = patient
  const isWhole = Array.isArray(identifier) && (identifier.length > 0 || patient.identifier === undefined)
  if (!isWhole || items(identifier).some(({ system }) => system === HUB_ID)) return patient
  return carry(patient, { ...patient, identifier: [...identifier, { system: HUB_ID, value: 'MS0000000000' }] })
}

/** A number that was taken out makes the identifiers behind it move up: they are told where they stood. */
function asSent(
  issues: readonly Issue[],
  { sent, judged, at }: { readonly sent: Resource; readonly judged: Resource; readonly at: string },
): readonly Issue[] {
  const [before, after] = [sent.identifier, judged.identifier]
  if (before === after || !Array.isArray(before) || !Array.isArray(after)) return issues
  const list = `${at}.identifier[`
  return issues.map((issue) => {
    if (!issue.expression?.startsWith(list)) return issue
    const index = parseInt(issue.expression.slice(list.length))
    const stood = before.indexOf(after[index])
    if (stood < 0 || stood === index) return issue
    const moved = (text: string): string => text.replaceAll(`${list}${index}]`, `${list}${stood}]`)
    return { ...issue, expression: moved(issue.expression), text: moved(issue.text) }
  })
}
