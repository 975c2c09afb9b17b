/** A validator over the definitions of a test, on the R4 base. */
import assert from 'node:assert/strict'
import type { JsonObject } from '../../server/fhir/types.ts'
import { createDefinitions } from '../../server/definitions/load.ts'
import { isError, type Issue } from '../../server/fhir/outcome.ts'
import { createValidator, type RuleSet } from '../../server/validate/create-validator.ts'
import type { Validator } from '../../server/validate/validator.ts'

export const H = 'https://state.example/fhir'
const BASE = 'http://hl7.org/fhir/StructureDefinition'

export type ElementChange = { readonly id: string; readonly path?: string; readonly [key: string]: unknown }

/** A profile `H/StructureDefinition/<id>` by its differential; paths follow from the ids. */
export function profile(type: string, elements: readonly ElementChange[], more: JsonObject = {}): JsonObject {
  return {
    resourceType: 'StructureDefinition',
    url: `${H}/StructureDefinition/x`,
    kind: 'resource',
    type,
    baseDefinition: `${BASE}/${type}`,
    derivation: 'constraint',
    differential: { element: elements.map((one) => ({ path: one.id.replace(/:[^.]*/g, ''), ...one })) as never },
    ...more,
  }
}

/** An extension `H/StructureDefinition/<id>`. */
export function extension(
  id: string,
  elements: readonly ElementChange[],
  contexts: readonly string[] = ['Element'],
): JsonObject {
  const url = `${H}/StructureDefinition/${id}`
  const context = contexts.map((expression) => ({ type: 'element', expression }))
  return profile('Extension', [...elements, { id: 'Extension.url', fixedUri: url }], {
    url,
    kind: 'complex-type',
    context,
  })
}

/** The validator also asserts that the quick pass and ajv alone have the same result. */
export function validatorOf(
  definitions: readonly JsonObject[],
  rules: RuleSet = 'open',
  statement?: JsonObject,
): Validator {
  const sources = definitions.map((content, index) => ({ file: `${index}.json`, content }))
  const made = createDefinitions(sources, statement)
  const [quick, slow] = [createValidator(made, { rules }), createValidator(made, { rules, isQuick: false })]
  return {
    async check(resource, ask) {
      const found = await quick.check(resource, ask)
      assert.deepEqual(found, await slow.check(resource, ask), 'the quick pass has another result')
      return found
    },
  }
}

/** `code expression` of each error; warnings with their severity before. */
export function summaries(issues: readonly Issue[]): readonly string[] {
  return issues.map((one) => `${isError(one) ? '' : `${one.severity} `}${one.detail} ${one.expression}`).sort()
}
