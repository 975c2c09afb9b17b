/** Search criteria inside other interactions: `identifier=x|y` of If-None-Exist, `Patient?identifier=x` of a reference. */
import type { Definitions, ResourceCapability } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { viewerOf } from '../records/view.ts'
import { codeSetsOf } from '../search/code-sets.ts'
import { CONTROLS } from '../search/controls.ts'
import type { Cursors } from '../search/page.ts'
import type { SearchLimits } from '../search/limits.ts'
import { parse, type ParsedSearch, type SearchContext } from '../search/parse.ts'
import type { Query } from '../search/query.ts'
import type { CodeSets } from '../search/type.ts'
import type { Policy } from '../write/policy/policy.ts'
import type { Call } from './call.ts'
import { capabilityOf } from './target.ts'

export type SearchNeeds = {
  readonly definitions: Definitions
  readonly timeZone: string
  readonly cursors: Cursors
  readonly policy: Pick<Policy, 'checkCriteria' | 'seesAll'>
  readonly searchLimits: SearchLimits
}

/** The searched type, or several and what they have in common. */
type Searched = {
  readonly capability: ResourceCapability
  readonly types?: readonly string[]
  /** The address below the base. */
  readonly path: string
  readonly params: Call['params']
  /** Absent: those of the definitions. */
  readonly codeSets?: CodeSets
}

/** A caller's parameters as a query of what it may know. Errors: `unknown-parameter`, `invalid-parameter`. */
export function parseCall(needs: SearchNeeds, call: Call, searched: Searched): ParsedSearch {
  const { capability, types, path, params, codeSets } = searched
  needs.policy.checkCriteria(params)
  const context = { ...contextOf(needs, call, codeSets), path, offered: needs.definitions }
  return parse(capability, params, types === undefined || types.length === 1 ? context : { ...context, types })
}

const contextOf = (
  { definitions, timeZone, cursors, searchLimits }: SearchNeeds,
  { caller, now, base, prefer }: Call,
  codeSets = codeSetsOf(definitions.current()),
): SearchContext => ({
  base,
  now,
  timeZone,
  codeSets,
  cursors,
  limits: searchLimits,
  viewer: viewerOf(caller, now),
  handling: prefer.handling,
})

/** The query of a conditional interaction: at least one criterion, no paging. */
export function criteria(needs: SearchNeeds, call: Call, type: string, text: string): Query {
  return criteriaOf(needs, call, type, [...new URLSearchParams(withoutAddress(text, type, call.base))])
}

/** Some clients add how the answer is written to every address, that of a condition too. */
const OF_THE_ANSWER = new Set(['_format', '_pretty'])

/**
 * The same from parameters. One that chooses no record (`_count`) is refused: alone, every record would match. So is one
 * that other records decide (a chain): the commit guards a condition on the record alone.
 */
export function criteriaOf(needs: SearchNeeds, call: Call, type: string, sent: Call['params']): Query {
  const params = sent.filter(([name]) => !OF_THE_ANSWER.has(name))
  if (params.length === 0)
    throw refuse('invalid-header', 'The condition has no search criterion; send for example `identifier=system|value`.')
  const control = params.find(([name]) => Object.hasOwn(CONTROLS, name.split(':')[0] ?? ''))
  if (control)
    throw refuse('invalid-parameter', `\`${control[0]}\` is no condition on a record; leave it out of the condition.`)
  const capability = capabilityOf(needs.definitions, { ...call, type })
  needs.policy.checkCriteria(params)
  const { query } = parse(capability, params, contextOf(needs, { ...call, prefer: { handling: 'strict' } }))
  return { type: query.type, where: query.where, viewer: query.viewer, limit: 2 }
}

/**
 * `identifier=x`, `?identifier=x`, `Patient?identifier=x`, or the whole address of that search, as some clients send it.
 * https://hl7.org/fhir/R4/http.html#ccreate
 */
function withoutAddress(text: string, type: string, base: string): string {
  const [, address, query = text] = /^([^=?]*)\?(.*)$/s.exec(text) ?? []
  if (address === undefined || ['', type, `${base}/${type}`].includes(address)) return query
  throw refuse(
    'invalid-header',
    `The condition \`${text}\` searches at \`${address}\`; it must be one on \`${type}\`, such as \`identifier=system|value\`.`,
  )
}
