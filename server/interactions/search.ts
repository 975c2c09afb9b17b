/** FHIR search: by type, over several types, and in a compartment. https://hl7.org/fhir/R4/http.html#search */
import { buildSearchset } from '../fhir/bundle.ts'
import type { ResourceCapability } from '../definitions/definitions.ts'
import { refuse, type Issue } from '../fhir/outcome.ts'
import { keyText } from '../fhir/types.ts'
import { inCompartment } from '../search/compartment.ts'
import { quoted, suggestion } from '../search/condition.ts'
import type { Filter, Query } from '../search/query.ts'
import { commonCapability } from '../search/several-types.ts'
import { disclosing, insight } from '../records/view.ts'
import { SequenceUnavailable } from '../store/errors.ts'
import type { Store, Version } from '../store/store.ts'
import { queryAsOf } from './as-of.ts'
import type { Call, Handler, Reply } from './call.ts'
import { notInside, requireCompartment } from './compartment.ts'
import { parseCall, type SearchNeeds } from './criteria.ts'
import { EXPLAINED, explanationIssues, readExplain } from './explain.ts'
import { findMatches, type FindNeeds } from './find-matches.ts'
import { include } from './include.ts'
import { resolveQuery, type ResolvedStep } from './resolve-chains.ts'
import { searchLinks, unpackedParams } from './search-links.ts'
import { storedCodeSets } from './stored-value-sets.ts'
import { readSubset, shownPart } from './subset.ts'
import { notFound, requireInteraction } from './target.ts'

export type SearchInteractionNeeds = SearchNeeds & FindNeeds & { readonly store: Store }

/** What is searched: one type, or several with the parameters that they have in common. */
type Searched = {
  readonly capability: ResourceCapability
  readonly types?: readonly string[]
  /** The address below the base. */
  readonly path: string
  /** Where they are not all of the call. */
  readonly params?: Call['params']
  /** What the address adds to the parameters: the types, a compartment. */
  readonly self?: Call['params']
  readonly within?: Filter
}

export const search =
  (needs: SearchInteractionNeeds): Handler =>
  async (call) => {
    const capability = requireInteraction(needs.definitions, call, 'search-type')
    return answer(needs, call, { capability, path: `/${capability.type}` })
  }

/** Search over several types, or all: `GET [base]?_type=Patient,Observation`. */
export const searchSystem =
  (needs: SearchInteractionNeeds): Handler =>
  async (call) =>
    answer(needs, call, { ...ofTypes(needs, call, offeredTypes(needs)), path: '' })

/** Search in the compartment of a record: `GET Patient/1/Observation`, `GET Patient/1/*`. */
export const searchCompartment =
  (needs: SearchInteractionNeeds): Handler =>
  async (call) => {
    const key = call.compartment ?? { type: '', id: '' }
    const compartment = requireCompartment(needs.definitions, key.type)
    if (!(await insight(needs.store, call.caller, call.now).resource(key))) throw notFound(key)
    const all = [...compartment.members.keys()]
    const address = `/${keyText(key)}`
    if (call.type === undefined) {
      const searched = ofTypes(needs, call, all)
      return answer(needs, call, {
        ...searched,
        path: `${address}/*`,
        within: inCompartment(compartment, key, searched.types),
      })
    }
    const capability = requireInteraction(needs.definitions, { ...call, id: undefined }, 'search-type')
    const { type } = capability
    if (!all.includes(type)) throw notInside(compartment, type)
    const within = inCompartment(compartment, key, [type])
    return answer(needs, call, { capability, path: `${address}/${type}`, within })
  }

const offeredTypes = ({ definitions }: SearchNeeds): readonly string[] =>
  definitions.capabilities.filter((one) => one.interactions.includes('search-type')).map(({ type }) => type)

/** The types that `_type` names, or all of these, and what they have in common. */
function ofTypes({ definitions, cursors }: SearchNeeds, call: Call, all: readonly string[]) {
  const params = unpackedParams(cursors, call.params)
  const given = params.filter(([name]) => name === '_type')
  if (given.length > 1)
    throw refuse('invalid-parameter', 'The parameter `_type` was sent more than once; separate the types by commas.')
  const names = given[0]?.[1].split(',') ?? all
  const wrong = names.find((name) => !all.includes(name))
  if (wrong !== undefined)
    throw refuse(
      'invalid-parameter',
      `The value \`${wrong.slice(0, 60)}\` of \`_type\` is not a type that is searched here.${suggestion(wrong, all)} It takes ${quoted(all)}.`,
    )
  const types = [...new Set(names)]
  const [first, ...others] = types.flatMap((type) => definitions.capability(type) ?? [])
  if (!first) throw refuse('invalid-parameter', 'There is no type that could be searched.')
  return {
    capability: commonCapability([first, ...others]),
    types,
    params: params.filter(([name]) => name !== '_type'),
    self: given,
  }
}

async function answer(needs: SearchInteractionNeeds, call: Call, searched: Searched): Promise<Reply> {
  const { path } = searched
  const sent = searched.params ?? unpackedParams(needs.cursors, call.params)
  const { explained, params } = readExplain(needs.policy, call, sent)
  const insights = insight(needs.store, call.caller, call.now)
  const codeSets = await storedCodeSets(needs.definitions, insights, params)
  const parsed = parseCall(needs, call, { ...searched, params, codeSets })
  const part = readSubset(needs.definitions, searched.types ?? [searched.capability.type], parsed.self)
  if (part?.kind === 'text' && parsed.includes.length > 0) throw textWithIncludes()
  const shown = <T extends Version>(version: T): T => shownPart(version, part, needs.definitions)
  const view = disclosing(needs.store, call.caller, call.now)
  const requested = { ...parsed, query: await queryAsOf(needs, call, parsed) }
  const steps: ResolvedStep[] = []
  const query = within(await resolveQuery(requested, insights, steps).catch(unavailable), searched)
  const { includes, limits } = parsed
  if (parsed.contained && searched.within) throw containedInCompartment()
  const { found, read } = await findMatches(needs, { parsed, query, insight: insights, view, steps }).catch(unavailable)
  const included = await include(
    { definitions: needs.definitions, base: call.base, view: insights, includes, limits, ...asOf(query) },
    found.versions,
  )
  for (const version of included.records) view.disclose(version)
  const explanation = explained ? explanationIssues(read, steps, await insights.explain(read).catch(unavailable)) : []
  const self = [...(searched.self ?? []), ...(explained ? EXPLAINED : []), ...parsed.self]
  const text = buildSearchset({
    base: call.base,
    links: searchLinks(needs.cursors, call, { address: `${call.base}${path}`, parsed: { ...parsed, self }, found }),
    matches: found.versions.map(shown),
    included: included.records.map(shown),
    total: found.total,
    issues: [...included.issues, ...parsed.ignored.map(dropped), ...explanation],
  })
  return { status: 200, text, disclosed: view.disclosed() }
}

const within = (query: Query, searched: Searched): Query =>
  searched.within === undefined ? query : { ...query, where: { op: 'and', of: [searched.within, query.where] } }

const asOf = ({ asOf: sequence }: Query) => (sequence === undefined ? {} : { asOf: sequence })

/** https://hl7.org/fhir/R4/search.html#summary */
const textWithIncludes = () =>
  refuse(
    'invalid-parameter',
    '`_summary=text` cannot be combined with `_include` and `_revinclude`. Leave one of them out.',
  )

/** What a compartment holds is known by references of records, and a contained resource is none. */
const containedInCompartment = () =>
  refuse(
    'invalid-parameter',
    '`_contained` cannot be combined with a compartment: its members are records. Search by type instead, such as `MedicationRequest?patient=1`.',
  )

/** The links of a page outlive the store that gave them where it was replaced, by an earlier copy for example. */
function unavailable(fault: unknown): never {
  if (!(fault instanceof SequenceUnavailable)) throw fault
  throw refuse(
    'invalid-parameter',
    'The records of that moment are not available: they are from before this store kept them, or from another store. Search again without `_cursor` and `_asOf`.',
  )
}

const dropped = (name: string): Issue => ({
  severity: 'warning',
  detail: 'unknown-parameter',
  text: `The parameter \`${name}\` is not supported here and was ignored, as \`Prefer: handling=lenient\` requests.`,
})
