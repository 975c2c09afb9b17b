/**
 * The rules of the base that meet nearly every resource, as plain functions: same verdict as their FHIRPath text, at a
 * hundredth of its cost. A rule is taken for one of these only when its text is R4's own.
 */
import type { JsonObject } from '../fhir/types.ts'
import type { Structures } from '../definitions/structures/structures.ts'
import type { ErrorCode } from '../fhir/outcome.ts'
import type { Invariant } from './compile/schema.ts'
import { containedFree, containedUnlabelled, containedUnversioned, firstUnreferenced } from './contained.ts'
import { find } from './resolve.ts'
import type { CheckContext } from './check-context.ts'
import { xhtmlOf } from './xhtml.ts'

export type NativeRule = {
  /** The element of R4 whose rule it is. */
  readonly of: string
  readonly test: (context: CheckContext, data: never) => boolean
  readonly detail?: ErrorCode
  /** Where below the data it is broken. */
  readonly below?: (data: never) => string
  /** What exactly breaks it, as a sentence. */
  readonly why?: (context: CheckContext, data: never) => string | undefined
}

type Has = (data: JsonObject) => boolean

/** x.exists(), whether with a value or with an extension in its place. */
function has(name: string): Has {
  const beside = `_${name}`
  return (data) => data[name] !== undefined || data[beside] !== undefined
}

/** has(x).empty() or has(y).exists() */
function needs(one: string, other: string): (context: CheckContext, data: JsonObject) => boolean {
  const [hasOne, hasOther] = [has(one), has(other)]
  return (_context, data) => !hasOne(data) || hasOther(data)
}

const [hasExtension, hasAnswer, hasItem] = [has('extension'), has('answer'), has('item')]
const CONTACT = ['name', 'telecom', 'address', 'organization'].map(has)

/** By key. https://hl7.org/fhir/R4/conformance-rules.html#constraints */
export const NATIVE: Readonly<Record<string, NativeRule>> = {
  'dom-2': {
    of: 'DomainResource',
    test: (_context, data: JsonObject) => containedFree(data),
    detail: 'contained-invalid',
  },
  'dom-3': {
    of: 'DomainResource',
    test: (_context, data: JsonObject) => firstUnreferenced(data) === -1,
    detail: 'contained-invalid',
    below: (data: JsonObject) => `/contained/${firstUnreferenced(data)}`,
  },
  'dom-4': {
    of: 'DomainResource',
    test: (_context, data: JsonObject) => containedUnversioned(data),
    detail: 'contained-invalid',
  },
  'dom-5': {
    of: 'DomainResource',
    test: (_context, data: JsonObject) => containedUnlabelled(data),
    detail: 'contained-invalid',
  },
  'ext-1': { of: 'Extension', test: (_context, data: JsonObject) => hasExtension(data) !== hasValue(data) },
  'ref-1': { of: 'Reference', test: refersInside, detail: 'contained-invalid' },
  'txt-1': {
    of: 'Narrative.div',
    test: ({ cache }, data: string) => xhtmlOf(data, cache).reason === undefined,
    why: ({ cache }, data: string) => xhtmlOf(data, cache).reason,
  },
  'txt-2': { of: 'Narrative.div', test: ({ cache }, data: string) => xhtmlOf(data, cache).hasContent },
  'cpt-2': { of: 'ContactPoint', test: needs('value', 'system') },
  'qty-3': { of: 'Quantity', test: needs('code', 'system') },
  'att-1': { of: 'Attachment', test: needs('data', 'contentType') },
  'prr-1': { of: 'ServiceRequest', test: needs('orderDetail', 'code') },
  'qrs-1': {
    of: 'QuestionnaireResponse.item',
    test: (_context, data: JsonObject) => !(hasAnswer(data) && hasItem(data)),
  },
  'pat-1': {
    of: 'Patient.contact',
    test: (_context, data: JsonObject) => CONTACT.some((one) => one(data)),
  },
}

/** The plain function for a rule, if it is R4's own and has one. */
export function nativeRule(rule: Invariant, structures: Structures): NativeRule | undefined {
  const native = Object.hasOwn(NATIVE, rule.key) ? NATIVE[rule.key] : undefined
  return native && expressionOf(native.of, rule.key, structures) === rule.expression ? native : undefined
}

function expressionOf(path: string, key: string, structures: Structures): string | undefined {
  const [type = '', ...steps] = path.split('.')
  let node = structures.tree(type)
  for (const step of steps) node = node.children.get(step) ?? node
  return node.element.constraint?.find((one) => one.key === key)?.expression
}

function hasValue(data: JsonObject): boolean {
  for (const key in data) if (key.startsWith('value') || key.startsWith('_value')) return true
  return false
}

// `#` alone is the container itself.
function refersInside(context: CheckContext, { reference }: JsonObject): boolean {
  if (reference === '#') return context.resource !== context.container
  return typeof reference !== 'string' || !reference.startsWith('#') || find(reference, context) !== undefined
}
