/**
 * What a participant has once at a time, and which records are duplicates of one another: capability/rules/duplicates.json
 * as a pure function.
 */
import { idsAt, valuesAt } from '../../fhir/element-path.ts'
import { extensionOf, items, textOf } from '../../fhir/element.ts'
import type { Coding, JsonObject, Resource } from '../../fhir/types.ts'

export type DuplicateRule = {
  readonly type: string
  /** What the code names, in words. */
  readonly name: string
  /** Statuses that count. */
  readonly status: readonly string[]
  /** The codings that must be the same, and the search parameter over them. */
  readonly code: string
  readonly param: string
  readonly system: string
  readonly except: readonly string[]
  /** Only concepts with this boolean property. */
  readonly guarded?: string
  /** The property that says how often: monthly, weekly, once. */
  readonly recurs?: string
  readonly period: string
  readonly agency: string
  /** Records of one agency are no duplicates of one another. */
  readonly amongAgencies?: true
}

export type DuplicateRules = {
  /** The extension that says why a duplicate is recorded nevertheless. */
  readonly reason: string
  readonly rules: readonly DuplicateRule[]
}

/** Reads a FHIR date as the instants [start, end). */
type ReadDate = (text: string) => { readonly start: number; readonly end: number }

/** What a record gives the participant once at a time: its code, how often, when, and by which agencies. */
export type OnceAtATime = {
  readonly rule: DuplicateRule
  readonly code: string
  readonly recurs?: string
  readonly start: string
  readonly end?: string
  readonly agencies: readonly string[]
}

/** Undefined for a record of no rule. `catalogue`: the concepts of the rule's system. */
export function onceAtATime(
  { rules }: DuplicateRules,
  resource: Resource,
  catalogue: (system: string) => JsonObject | undefined,
): OnceAtATime | undefined {
  const rule = rules.find(({ type }) => type === resource.resourceType)
  if (!rule?.status.includes(String(resource.status))) return undefined
  const code = (valuesAt(resource, rule.code) as readonly Coding[]).find(({ system }) => system === rule.system)?.code
  const [period] = valuesAt(resource, rule.period) as readonly JsonObject[]
  const start = textOf(period?.start)
  if (code === undefined || start === undefined || rule.except.includes(code)) return undefined
  const needsConcept = rule.guarded !== undefined || rule.recurs !== undefined
  const concept = needsConcept ? conceptOf(catalogue(rule.system), code) : undefined
  if (rule.guarded !== undefined && propertyOf(concept, rule.guarded)?.valueBoolean !== true) return undefined
  const recurs = rule.recurs === undefined ? undefined : textOf(propertyOf(concept, rule.recurs)?.valueCode)
  const end = textOf(period?.end)
  const agencies = idsAt(resource, rule.agency, 'Organization')
  return { rule, code, start, agencies, ...(recurs ? { recurs } : {}), ...(end ? { end } : {}) }
}

/** Are two records of one participant duplicates of one another? */
export function isDuplicate(one: OnceAtATime, other: OnceAtATime, range: ReadDate): boolean {
  if (one.rule.type !== other.rule.type || one.code !== other.code) return false
  if (one.rule.amongAgencies && one.agencies.some((agency) => other.agencies.includes(agency))) return false
  return overlap(one, other, range) || recur(one, other, range)
}

/** Why a record is a duplicate nevertheless, in the words of its writer; undefined where it does not say. */
export const reasonOf = ({ reason }: DuplicateRules, resource: Resource): string | undefined =>
  textOf(extensionOf(resource, reason)?.valueString)

/** A period whose last day is the first one of the other does not overlap with it, unless both begin on that day. */
function overlap(one: OnceAtATime, other: OnceAtATime, range: ReadDate): boolean {
  const [from, until] = [startOf(one, range), lastOf(one, range)]
  const [otherFrom, otherUntil] = [startOf(other, range), lastOf(other, range)]
  return from === otherFrom || (from < otherUntil && otherFrom < until)
}

const WEEK = 7 * 86_400_000

function recur(one: OnceAtATime, other: OnceAtATime, range: ReadDate): boolean {
  if (one.recurs === 'once') return true
  if (one.recurs === 'monthly') return one.start.slice(0, 7) === other.start.slice(0, 7)
  return one.recurs === 'weekly' && Math.abs(startOf(one, range) - startOf(other, range)) < WEEK
}

const startOf = ({ start }: OnceAtATime, range: ReadDate): number => range(start).start
const lastOf = ({ end }: OnceAtATime, range: ReadDate): number => (end === undefined ? Infinity : range(end).start)

const conceptOf = (catalogue: JsonObject | undefined, code: string): JsonObject | undefined =>
  items(catalogue?.concept).find((one) => one.code === code)
const propertyOf = (concept: JsonObject | undefined, name: string): JsonObject | undefined =>
  items(concept?.property).find((one) => one.code === name)
