/**
 * The validators that are compared: ours, as a write uses it; `validateResource` of Medplum; plain ajv on the JSON Schema
 * that is generated from the profile, like those in profiles/schema.
 */
import { Ajv } from 'ajv'
import type { Definitions } from '../server/definitions/definitions.ts'
import { isError } from '../server/fhir/outcome.ts'
import { publishedSchema } from '../server/validate/compile/published-schema.ts'
import { createValidator } from '../server/validate/create-validator.ts'
import { createTerminology } from '../server/terminology/terminology.ts'
import type { Medplum } from './medplum.ts'

/** Validates one after the other; returns how many it refuses. */
export type Contender = (resources: readonly unknown[]) => Promise<number>

export const NAMES = ['ours', 'Medplum', 'plain ajv'] as const
export type Name = (typeof NAMES)[number]

/** What to validate against: a type of R4 only, or also the hub's profile for it. */
export type Subject = { readonly type: string; readonly profile?: string }

export function contendersFor(
  { type, profile }: Subject,
  definitions: Definitions,
  medplum: Medplum,
): Readonly<Record<Name, Contender>> {
  return {
    ours: ours(profile ? 'hub' : 'open', definitions),
    Medplum: synchronous((resource) => medplum(resource, profile)),
    'plain ajv': synchronous(plainAjv(profile ?? `http://hl7.org/fhir/StructureDefinition/${type}`, definitions)),
  }
}

// A write awaits the result, so that is part of the time.
function ours(rules: 'hub' | 'open', definitions: Definitions): Contender {
  const { check } = createValidator(definitions, { rules })
  return async (resources) => {
    let refused = 0
    for (const resource of resources) if ((await check(resource)).some(isError)) refused++
    return refused
  }
}

function synchronous(takes: (resource: unknown) => boolean): Contender {
  return (resources) => {
    let refused = 0
    for (const resource of resources) if (!takes(resource)) refused++
    return Promise.resolve(refused)
  }
}

/** With `allErrors`, because the two others report all errors. */
function plainAjv(url: string, definitions: Definitions): (resource: unknown) => boolean {
  const { structures } = definitions
  const schema = publishedSchema(url, { structures, terminology: createTerminology(definitions) })
  const check = new Ajv({ strict: false, allErrors: true, logger: false }).compile(schema)
  return (resource) => check(resource)
}
