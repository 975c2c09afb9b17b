/** Which compartments the hub searches in. https://hl7.org/fhir/R4/http.html#vsearch */
import type { Definitions } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { compartmentsOf, type Compartment } from '../search/compartment.ts'
import { quoted } from '../search/condition.ts'

/** By the state of the definitions, which another object stands for after each change. */
const made = new WeakMap<Definitions, readonly Compartment[]>()

export function compartments(definitions: Definitions): readonly Compartment[] {
  const state = definitions.current()
  const found = made.get(state) ?? compartmentsOf(state)
  made.set(state, found)
  return found
}

/** The compartment of records of a type. @throws OutcomeError `unknown-address` */
export function requireCompartment(definitions: Definitions, type: string): Compartment {
  const all = compartments(definitions)
  const found = all.find(({ code }) => code === type)
  if (found) return found
  throw refuse(
    'unknown-address',
    `Records of \`${type}\` have no compartment to search in; those of ${quoted(all.map(({ code }) => code))} have one.`,
  )
}

export const notInside = ({ code, members }: Compartment, type: string) =>
  refuse(
    'unknown-address',
    `No \`${type}\` is in the compartment of a \`${code}\`; it holds ${quoted([...members.keys()])}. Search with \`${type}?...\`.`,
  )
