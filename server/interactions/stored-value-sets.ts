/**
 * Value sets and code systems that are records but no definitions of the hub (with open rules, every posted one), for the
 * modifiers `:in` and `:not-in` of a search: as far as the caller may know of them, and the newest of a url.
 * https://hl7.org/fhir/R4/search.html#modifiers
 */
import type { CanonicalResource } from '../definitions/canonical-resource.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { currentResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { namedBy } from '../search/canonical.ts'
import { codeSetsOf, codeSetsWith } from '../search/code-sets.ts'
import { split, unescape } from '../search/escape.ts'
import type { Filter } from '../search/query.ts'
import type { CodeSets } from '../search/type.ts'
import type { Call } from './call.ts'

/** So many resources are read for a search: value sets import value sets. */
const MAX_RESOURCES = 50

/** The codes of value sets for these parameters. Without one that the definitions lack, nothing is read. */
export async function storedCodeSets(definitions: Definitions, view: View, params: Call['params']): Promise<CodeSets> {
  const current = definitions.current()
  const codeSets = codeSetsOf(current)
  const lacking = valueSetsIn(params).filter((one) => typeof codeSets.valueSet(one) === 'string')
  if (lacking.length === 0) return codeSets
  const resources = await readAll(current, view, lacking)
  return resources.length === 0 ? codeSets : codeSetsWith(current, resources)
}

/** In `_filter`: `gender in http://a.example/v`. */
const OPERATOR = /\s(?:in|ni)\s+"?([^\s")]+)/g

/** Longer values are for the parser to refuse. */
const MAX_VALUE = 10_000

/** What the parameters name as value sets, perhaps more. */
function valueSetsIn(params: Call['params']): readonly string[] {
  const names = new Set<string>()
  for (const [name, value] of params) {
    if (value.length > MAX_VALUE) continue
    if (name === '_filter') for (const [, text = ''] of value.matchAll(OPERATOR)) names.add(text)
    if (name.endsWith(':in') || name.endsWith(':not-in')) for (const one of split(value, ',')) names.add(unescape(one))
  }
  return [...names].slice(0, MAX_RESOURCES)
}

/** The named value sets with what they are made of, as far as the definitions lack it. */
async function readAll(
  definitions: Definitions,
  view: View,
  names: readonly string[],
): Promise<readonly CanonicalResource[]> {
  const resources: CanonicalResource[] = []
  const seen = new Set<string>()
  for (let wanted = names; wanted.length > 0 && resources.length < MAX_RESOURCES;) {
    for (const one of wanted) seen.add(one)
    const found = await readNamed(view, wanted)
    const defined = wanted.flatMap((one) => definitions.find(one) ?? [])
    resources.push(...found)
    wanted = [...found, ...defined]
      .flatMap(partsOf)
      .filter((one) => !seen.has(one) && definitions.find(one)?.resourceType !== 'CodeSystem')
    wanted = [...new Set(wanted)].slice(0, MAX_RESOURCES)
  }
  return resources
}

async function readNamed(view: View, names: readonly string[]): Promise<readonly CanonicalResource[]> {
  const ids = names.flatMap((one) => /^ValueSet\/([A-Za-z0-9.-]{1,64})$/.exec(one)?.[1] ?? [])
  const byId: Filter = {
    op: 'and',
    of: [
      { op: 'type', types: ['ValueSet'] },
      { op: 'id', ids },
    ],
  }
  const { versions } = await view.find({
    type: ['ValueSet', 'CodeSystem'],
    where: ids.length === 0 ? namedBy(names) : { op: 'or', of: [namedBy(names), byId] },
    sort: [{ param: '_lastUpdated', kind: 'updated', descending: true }],
    limit: MAX_RESOURCES,
  })
  return versions.flatMap((version) => {
    const resource = currentResource(version)
    return resource && typeof resource.url === 'string' ? [{ ...resource, url: resource.url }] : []
  })
}

type Part = { readonly system?: unknown; readonly valueSet?: unknown }
type Compose = { readonly include?: readonly Part[]; readonly exclude?: readonly Part[] }

/** The value sets and code systems that a value set is made of. */
function partsOf({ compose }: CanonicalResource): readonly string[] {
  const { include = [], exclude = [] } = (compose ?? {}) as Compose
  const named = [...include, ...exclude].flatMap(({ system, valueSet }) => [system, valueSet].flat())
  return named.filter((one): one is string => typeof one === 'string')
}
