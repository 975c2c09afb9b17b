/**
 * Tests that cache the values that passed: resources repeat the same codes and types of reference, and the definitions
 * of an engine do not change.
 */
import type { JsonObject } from '../../fhir/types.ts'
import { fhirBinding } from '../keywords/binding.ts'
import { fhirCoding } from '../keywords/coding.ts'
import { fhirReference } from '../keywords/reference.ts'
import type { ValueSetBinding } from '../compile/schema.ts'
import { keywordTest, type TestFactory } from './keyword-test.ts'

/** `fhirCoding`: caches system, code and display of a Coding without version. */
export const cachedCoding: TestFactory<true> = (value, engine, parent) => {
  const test = keywordTest(fhirCoding)(value, engine, parent)
  const cache = createCodingCache()
  return (data, context, holder) => {
    const { system, code, display, version } = data as JsonObject
    if (typeof system !== 'string' || typeof code !== 'string' || version !== undefined)
      return test(data, context, holder)
    if (cache.has(system, code, display)) return true
    const passes = test(data, context, holder)
    if (passes) cache.add(system, code, display)
    return passes
  }
}

/** `fhirBinding`: caches system and code of a Coding, or of a CodeableConcept with one Coding. */
export const cachedBinding: TestFactory<readonly ValueSetBinding[]> = (value, engine, parent) => {
  const test = keywordTest(fhirBinding)(value, engine, parent)
  const cache = createCodingCache()
  return (data, context, holder) => {
    const one = typeof data === 'string' ? undefined : onlyCoding(data as JsonObject)
    if (typeof one?.system !== 'string' || typeof one.code !== 'string') return test(data, context, holder)
    if (cache.has(one.system, one.code, undefined)) return true
    const passes = test(data, context, holder)
    if (passes) cache.add(one.system, one.code, undefined)
    return passes
  }
}

function onlyCoding(data: JsonObject): JsonObject | undefined {
  const { coding: list } = data
  if (list === undefined) return 'coding' in data ? undefined : data
  return Array.isArray(list) && list.length === 1
    ? ((list as readonly (JsonObject | null)[])[0] ?? undefined)
    : undefined
}

/** `fhirReference`: outside a Bundle a reference `Type/...` is to that type; its form is checked elsewhere. */
export const cachedReference: TestFactory<readonly string[]> = (targets, engine, parent) => {
  const test = keywordTest(fhirReference)(targets, engine, parent)
  const allowed = new Set(targets)
  return (data, context, holder) => {
    const { reference: text, type } = data as JsonObject
    if (typeof text === 'string' && type === undefined && context.root.resourceType !== 'Bundle') {
      const slash = text.indexOf('/')
      if (slash > 0 && allowed.has(text.slice(0, slash))) return true
    }
    return test(data, context, holder)
  }
}

type CodingCache = {
  has(system: string, code: string, display: unknown): boolean
  add(system: string, code: string, display: unknown): void
}

const MAX_CACHED = 2000

/** Nested maps: joining the texts to one key would cost more than the cache saves. */
function createCodingCache(): CodingCache {
  const systems = new Map<string, Map<string, Set<unknown>>>()
  let count = 0
  return {
    has: (system, code, display) => systems.get(system)?.get(code)?.has(display) === true,
    add(system, code, display) {
      if (++count > MAX_CACHED) return
      const codes = systems.get(system) ?? new Map<string, Set<unknown>>()
      systems.set(system, codes.set(code, (codes.get(code) ?? new Set()).add(display)))
    },
  }
}
