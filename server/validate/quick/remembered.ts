/**
 * Tests that remember what they found right: resources bring the same codes and types of reference again and again, and
 * what an engine knows does not change.
 */
import type { JsonObject } from '../../fhir/types.ts'
import { fhirBinding } from '../keywords/binding.ts'
import { fhirCoding } from '../keywords/coding.ts'
import { fhirReference } from '../keywords/reference.ts'
import type { ValueSetBinding } from '../compile/schema.ts'
import { of, type Make } from './check.ts'

/** A coding by its system, code and display, where it names no version. */
export const coding: Make<true> = (value, engine, parent) => {
  const test = of(fhirCoding)(value, engine, parent)
  const known = createMemory()
  return (data, context, holder) => {
    const { system, code, display, version } = data as JsonObject
    if (typeof system !== 'string' || typeof code !== 'string' || version !== undefined)
      return test(data, context, holder)
    if (known.has(system, code, display)) return true
    const isRight = test(data, context, holder)
    if (isRight) known.add(system, code, display)
    return isRight
  }
}

/** A Coding, or a concept with one, by system and code. */
export const binding: Make<readonly ValueSetBinding[]> = (value, engine, parent) => {
  const test = of(fhirBinding)(value, engine, parent)
  const known = createMemory()
  return (data, context, holder) => {
    const one = typeof data === 'string' ? undefined : onlyCoding(data as JsonObject)
    if (typeof one?.system !== 'string' || typeof one.code !== 'string') return test(data, context, holder)
    if (known.has(one.system, one.code, undefined)) return true
    const isRight = test(data, context, holder)
    if (isRight) known.add(one.system, one.code, undefined)
    return isRight
  }
}

function onlyCoding(data: JsonObject): JsonObject | undefined {
  const { coding: list } = data
  if (list === undefined) return 'coding' in data ? undefined : data
  return Array.isArray(list) && list.length === 1
    ? ((list as readonly (JsonObject | null)[])[0] ?? undefined)
    : undefined
}

/** `Type/...` outside a Bundle is to that type, if it is a reference at all. */
export const reference: Make<readonly string[]> = (targets, engine, parent) => {
  const test = of(fhirReference)(targets, engine, parent)
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

type Memory = {
  has(system: string, code: string, display: unknown): boolean
  add(system: string, code: string, display: unknown): void
}

const MOST = 2000

/** Map by map: to join the texts would cost more than what is saved. */
function createMemory(): Memory {
  const systems = new Map<string, Map<string, Set<unknown>>>()
  let count = 0
  return {
    has: (system, code, display) => systems.get(system)?.get(code)?.has(display) === true,
    add(system, code, display) {
      if (++count > MOST) return
      const codes = systems.get(system) ?? new Map<string, Set<unknown>>()
      systems.set(system, codes.set(code, (codes.get(code) ?? new Set()).add(display)))
    },
  }
}
