/**
 * Where an issue of an operation is in the body that was sent: the records that the operation makes are not in it.
 * https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
 */
import { OutcomeError, type Issue } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'

/** By the element of a record that an operation makes (`Task.owner`), the parameter that it comes from. */
export type ParameterOf = Readonly<Record<string, string>>

/** The expression of the nth parameter of a name, with its value (`Parameters.parameter[2].valueCode`); undefined where it was not sent. */
export function parameterAt(body: Resource | undefined, name: string, nth = 0): string | undefined {
  if (body?.resourceType !== 'Parameters' || !Array.isArray(body.parameter)) return undefined
  const list = body.parameter as readonly { readonly name?: unknown }[]
  const found = list.flatMap((one, index) => (one.name === name ? [index] : []))[nth]
  if (found === undefined) return undefined
  const value = Object.keys(list[found] ?? {}).find((key) => /^(value[A-Z]|resource$)/.test(key))
  return `Parameters.parameter[${found}]${value ? `.${value}` : ''}`
}

/**
 * Does the work; the issues of its errors name elements of the body, or nothing where the fault is in none of them, and
 * one fault that two records show is one issue.
 */
export async function issuesAsSent<T>(call: Call, parameters: ParameterOf, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    const located = error.issues.map((issue) => locate(issue, call.body, parameters))
    const issues = [...new Map(located.map((issue) => [JSON.stringify(issue), issue])).values()]
    throw new OutcomeError(issues, { status: error.status, headers: error.headers })
  }
}

function locate({ expression, ...issue }: Issue, body: Resource | undefined, parameters: ParameterOf): Issue {
  if (expression === undefined) return issue
  const sent = sentAt(expression, body, parameters)
  return sent === undefined ? issue : { ...issue, expression: sent }
}

function sentAt(expression: string, body: Resource | undefined, parameters: ParameterOf): string | undefined {
  const [element = '', index] = expression.split(/\[(\d+)\]/)
  const made = Object.keys(parameters).find((one) => element === one || element.startsWith(`${one}.`))
  if (made === undefined) return existing(body, expression)
  const at = parameterAt(body, parameters[made] ?? '', made.includes('.') ? Number(index ?? 0) : 0)
  return at?.endsWith('.resource') ? `${at}${expression.slice(made.length)}` : at
}

/** As much of an expression as there is in the body; of a resource in a parameter, its last element may be missing. */
function existing(body: Resource | undefined, expression: string): string | undefined {
  const [root = '', ...steps] = expression.split(/\.|(?=\[)/)
  if (body === undefined || root !== body.resourceType) return undefined
  // Of a resource that is the body itself, a missing element may be named.
  if (root !== 'Parameters') return expression
  let [path, here]: [string, unknown] = [root, body]
  for (const [index, step] of steps.entries()) {
    const name = step.startsWith('[') ? Number(step.slice(1, -1)) : step
    const next = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[name] : undefined
    const isMissing = next === undefined
    const isNamed = index === steps.length - 1 && typeof name === 'string' && path.includes('.resource')
    if (isMissing && !isNamed) return path
    path += typeof name === 'number' ? step : `.${step}`
    here = next
  }
  return path
}
