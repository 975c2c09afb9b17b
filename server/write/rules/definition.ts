/**
 * Definitions that the board posts: they have a canonical address of their own, can be used, and are never changed or
 * withdrawn so that what depends on them breaks. What is wrong with one as a resource the validator has reported before.
 * https://hl7.org/fhir/R4/resource.html#canonical
 */
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import type { Definitions } from '../../definitions/definitions.ts'
import { POSTED_TYPES } from '../../definitions/posted.ts'
import { differentialFault } from '../../definitions/structures/check.ts'
import { refuse, type Issue } from '../../fhir/outcome.ts'
import { parseCanonical } from '../../fhir/reference.ts'
import { keyText, type Json, type Resource } from '../../fhir/types.ts'
import type { Filter } from '../../search/query.ts'
import { CLAIMS } from '../dependents.ts'
import { isOfStart } from '../posted-definitions.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type PostedTables = Pick<RuleTables, 'posted'>

export const definitionRules = (tables: PostedTables): readonly Rule[] => [
  { types: POSTED_TYPES, check: isNoneOfTheHub },
  { types: POSTED_TYPES, check: hasAddressOfItsOwn },
  { types: ['StructureDefinition'], check: (change, state) => canBeUsed(tables, change, state) },
  { types: POSTED_TYPES, check: keepsDependentsValid },
  { types: POSTED_TYPES, check: keepsRecordsValid },
]

function isNoneOfTheHub({ key, before, after }: PreparedChange, { definitions }: PendingState): RuleResult {
  if (!(before ?? after) || !isOfStart(definitions, key)) return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` is published by the hub itself and changes only with the hub. Post a definition under an id and url of its own.`,
  )
}

function hasAddressOfItsOwn({ key, after, at }: PreparedChange, { definitions }: PendingState): RuleResult {
  if (!after) return {}
  const missing = ['url', 'version'].filter((name) => typeof after[name] !== 'string')
  if (missing.length > 0) return { issues: missing.map((name) => unnamed(name, key.type, at)) }
  const url = String(after.url)
  if (/[|#]/.test(url)) {
    const text = `\`${at}.url\` is \`${url}\`; the address of a definition has neither \`|\` nor \`#\`: what follows them names a version or a part.`
    return { issues: [issue('value-format', text, `${at}.url`)] }
  }
  const found = definitions.find(url)
  if (found && definitions.isPosted(url) && found.resourceType === key.type && found.id === key.id) return {}
  const whose = definitions.isPosted(url) && found ? `\`${found.resourceType}/${String(found.id)}\`` : shipped(url)
  const text = `\`${url}\` is the address of ${whose}. Give the definition an address of its own; to change one that was posted, update its record.`
  return { issues: [issue('definition-taken', text, `${at}.url`)] }
}

const shipped = (url: string): string =>
  url.startsWith('http://hl7.org/fhir/') ? 'a definition of R4' : 'a definition that the hub itself publishes'

const unnamed = (name: string, type: string, at: string): Issue =>
  issue(
    'element-missing',
    `\`${at}.${name}\` is missing. A ${type} is posted with its canonical \`url\` and its \`version\`: that is how others name it.`,
    `${at}.${name}`,
  )

async function canBeUsed(
  { posted }: PostedTables,
  { after, at }: PreparedChange,
  { definitions }: PendingState,
): Promise<RuleResult> {
  const url = after?.url
  if (!after || typeof url !== 'string' || !definitions.isPosted(url)) return {}
  if (after.derivation !== 'constraint') {
    const text = `\`${at}.derivation\` is \`${String(after.derivation)}\`. The hub holds the types of R4 and takes no new ones: a profile is a \`constraint\`.`
    return { issues: [issue('definition-invalid', text, `${at}.derivation`)] }
  }
  const base = String(after.baseDefinition)
  if (!definitions.structures.find(base)) {
    const text = `\`${at}.baseDefinition\` is \`${base}\`, which the hub does not have. Post that definition first, or in the same transaction.`
    return { issues: [issue('definition-invalid', text, `${at}.baseDefinition`)] }
  }
  const fault = await posted.faultOf(url, definitions)
  return fault === undefined ? {} : { issues: [issue('definition-invalid', `\`${url}\` cannot be used: ${fault}`, at)] }
}

/** Other posted definitions that name this one, directly or through others. */
function keepsDependentsValid({ before, after, at }: PreparedChange, state: PendingState): RuleResult {
  const { definitions } = state
  const url = before?.url
  if (typeof url !== 'string') return {}
  const others = definitions.all.filter((one) => definitions.isPosted(one.url) && !isChanged(one, state))
  const dependents = dependentsOf(url, others)
  if (after?.url !== url) {
    const [first] = dependents
    if (!first) return {}
    const text = `\`${url}\` is named by ${listed(dependents)}; change or delete what names it first, or in the same transaction.`
    return { issues: [issue('definition-in-use', text, at)] }
  }
  const broken = dependents.flatMap((one) => {
    const fault = fitFault(one, definitions)
    return fault === undefined ? [] : [`\`${nameOf(one)}\` depends on it and would no longer fit: ${fault}`]
  })
  return { issues: broken.map((text) => issue('definition-in-use', text, at)) }
}

const isChanged = (one: CanonicalResource, { changes }: PendingState): boolean =>
  changes.some(({ key }) => key.type === one.resourceType && key.id === one.id)

const nameOf = (one: CanonicalResource): string => `${one.resourceType}/${String(one.id)}`

const listed = (all: readonly CanonicalResource[]): string => {
  const names = all.slice(0, 5).map((one) => `\`${nameOf(one)}\``)
  return all.length > 5 ? `${names.join(', ')} and ${all.length - 5} more` : names.join(', ')
}

function dependentsOf(url: string, others: readonly CanonicalResource[]): readonly CanonicalResource[] {
  const found = new Set<CanonicalResource>()
  const waiting = [url]
  for (let named = waiting.pop(); named !== undefined; named = waiting.pop()) {
    for (const one of others) {
      if (found.has(one) || !namedIn(one).has(named)) continue
      found.add(one)
      waiting.push(one.url)
    }
  }
  return [...found]
}

// A cache of a pure function of what never changes.
const named = new WeakMap<CanonicalResource, ReadonlySet<string>>()

/** Every address that a definition names, but its own. */
function namedIn(definition: CanonicalResource): ReadonlySet<string> {
  const cached = named.get(definition)
  if (cached) return cached
  const found = new Set<string>()
  const walk = (value: Json | undefined): void => {
    if (typeof value === 'string') {
      if (value.includes(':')) found.add(parseCanonical(value).url)
    } else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) walk(one)
  }
  walk(definition)
  found.delete(definition.url)
  named.set(definition, found)
  return found
}

function fitFault(one: CanonicalResource, { structures }: Definitions): string | undefined {
  const profile = structures.find(one.url)
  if (!profile) return undefined
  try {
    structures.tree(one.url)
    return differentialFault(profile, structures)
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault)
  }
}

/** Records that claim, answer or are extended by what is withdrawn, or name a version that is: they could not be updated. */
async function keepsRecordsValid(
  { before, after, at }: PreparedChange,
  { changes, unrestricted }: PendingState,
): Promise<RuleResult> {
  const lost = lostName(before, after)
  if (lost === undefined) return {}
  const where: Filter = {
    op: 'and',
    of: [
      { op: 'uri', param: CLAIMS, value: lost },
      { op: 'not', of: { op: 'id', ids: changes.map(({ key }) => key.id) } },
    ],
  }
  if (!(await unrestricted.first('*', where)))
    return { guards: [{ none: unrestricted.query({ type: '*', where, limit: 1 }) }] }
  // The board may not know which records, nor how many.
  const advice = after
    ? 'Post the next version under an id and url of its own.'
    : 'Set its `status` to `retired` instead.'
  const text = `\`${lost}\` is named by records that are kept, which could not be updated without it. ${advice}`
  return { issues: [issue('definition-in-use', text, at)] }
}

/** The name by which a definition is not found any more: its url, or its url with its version. */
function lostName(before: Resource | undefined, after: Resource | undefined): string | undefined {
  const url = before?.url
  if (!before || typeof url !== 'string') return undefined
  if (after?.url !== url) return url
  return after.version === before.version ? undefined : `${url}|${String(before.version)}`
}

const issue = (detail: Issue['detail'], text: string, expression: string): Issue => ({
  severity: 'error',
  detail,
  text,
  expression,
})
