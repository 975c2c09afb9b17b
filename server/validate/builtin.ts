/**
 * The rules of the base that meet nearly every resource, as plain functions: same verdict as their FHIRPath text, at a
 * hundredth of its cost. A rule is taken for one of these only when its text is R4's own.
 */
import type { Structures } from '../definitions/structures/structures.ts'
import type { ErrorCode } from '../fhir/outcome.ts'
import type { Invariant } from './compile/schema.ts'
import { containedFree, containedUnlabelled, containedUnversioned, firstUnreferenced } from './contained.ts'
import { find } from './resolve.ts'
import type { Run } from './run.ts'
import { xhtmlOf } from './xhtml.ts'

type Bag = Readonly<Record<string, unknown>>

export type NativeRule = {
  /** The element of R4 whose rule it is. */
  readonly of: string
  readonly test: (run: Run, data: never) => boolean
  readonly detail?: ErrorCode
  /** Where below the data it is broken. */
  readonly below?: (data: never) => string
  /** What exactly breaks it, as a sentence. */
  readonly why?: (run: Run, data: never) => string | undefined
}

type Has = (data: Bag) => boolean

/** x.exists(), whether with a value or with an extension in its place. */
function has(name: string): Has {
  const beside = `_${name}`
  return (data) => data[name] !== undefined || data[beside] !== undefined
}

/** has(x).empty() or has(y).exists() */
function needs(one: string, other: string): (run: Run, data: Bag) => boolean {
  const [hasOne, hasOther] = [has(one), has(other)]
  return (_run, data) => !hasOne(data) || hasOther(data)
}

const [hasExtension, hasAnswer, hasItem] = [has('extension'), has('answer'), has('item')]
const CONTACT = ['name', 'telecom', 'address', 'organization'].map(has)

/** By key. https://hl7.org/fhir/R4/conformance-rules.html#constraints */
export const NATIVE: Readonly<Record<string, NativeRule>> = {
  'dom-2': { of: 'DomainResource', test: (_run, data: Bag) => containedFree(data), detail: 'contained-invalid' },
  'dom-3': {
    of: 'DomainResource',
    test: (_run, data: Bag) => firstUnreferenced(data) === -1,
    detail: 'contained-invalid',
    below: (data: Bag) => `/contained/${firstUnreferenced(data)}`,
  },
  'dom-4': { of: 'DomainResource', test: (_run, data: Bag) => containedUnversioned(data), detail: 'contained-invalid' },
  'dom-5': { of: 'DomainResource', test: (_run, data: Bag) => containedUnlabelled(data), detail: 'contained-invalid' },
  'ext-1': { of: 'Extension', test: (_run, data: Bag) => hasExtension(data) !== hasValue(data) },
  'ref-1': { of: 'Reference', test: refersInside, detail: 'contained-invalid' },
  'txt-1': {
    of: 'Narrative.div',
    test: ({ shared }, data: string) => xhtmlOf(data, shared).reason === undefined,
    why: ({ shared }, data: string) => xhtmlOf(data, shared).reason,
  },
  'txt-2': { of: 'Narrative.div', test: ({ shared }, data: string) => xhtmlOf(data, shared).hasContent },
  'cpt-2': { of: 'ContactPoint', test: needs('value', 'system') },
  'qty-3': { of: 'Quantity', test: needs('code', 'system') },
  'att-1': { of: 'Attachment', test: needs('data', 'contentType') },
  'prr-1': { of: 'ServiceRequest', test: needs('orderDetail', 'code') },
  'qrs-1': { of: 'QuestionnaireResponse.item', test: (_run, data: Bag) => !(hasAnswer(data) && hasItem(data)) },
  'pat-1': {
    of: 'Patient.contact',
    test: (_run, data: Bag) => CONTACT.some((one) => one(data)),
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

function hasValue(data: Bag): boolean {
  for (const key in data) if (key.startsWith('value') || key.startsWith('_value')) return true
  return false
}

// `#` alone is the container itself.
function refersInside(run: Run, { reference }: Bag): boolean {
  if (reference === '#') return run.resource !== run.container
  return typeof reference !== 'string' || !reference.startsWith('#') || find(reference, run) !== undefined
}
