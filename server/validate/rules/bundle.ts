/** Rules for Bundles by their type. https://hl7.org/fhir/R4/bundle.html */
import type { JsonObject } from '../../fhir/types.ts'
import { parseReference, typeOfUrl } from '../../fhir/reference.ts'
import { entryResolver } from '../resolve-reference.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

/** Relations of which a Bundle has one link. https://hl7.org/fhir/R4/http.html#paging */
const UNIQUE_RELATIONS = new Set(['self', 'first', 'previous', 'prev', 'next', 'last'])

export const uniqueLinkRelations: SpecificationRule = ({ link }) => {
  const seen = new Set<unknown>()
  return listOf(link).flatMap((one, index): Violation[] => {
    const relation = isObject(one) ? one.relation : undefined
    if (typeof relation !== 'string' || !UNIQUE_RELATIONS.has(relation)) return []
    if (!seen.has(relation)) {
      seen.add(relation)
      return []
    }
    const text = `{at} is another link of the relation \`${relation}\`; a Bundle has one at most.`
    return [{ detail: 'bundle-invalid', below: `/link/${index}`, text }]
  })
}

/**
 * `fullUrl` is absolute, and does not disagree with the id.
 * https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl
 */
export const fullUrlMatchesResource: SpecificationRule = ({ entry }) =>
  listOf(entry).flatMap((one, index): Violation[] => {
    if (!isObject(one) || typeof one.fullUrl !== 'string' || one.fullUrl === '') return []
    const { fullUrl, resource } = one
    const below = `/entry/${index}`
    if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(fullUrl)) {
      return [{ detail: 'bundle-invalid', below, text: `{at} has the fullUrl \`${fullUrl}\`; it must be absolute.` }]
    }
    if (!isObject(resource) || typeof resource.id !== 'string' || !typeOfUrl(fullUrl)) return []
    const end = `/${String(resource.resourceType)}/${resource.id}`
    if (!/^https?:/.test(fullUrl) || fullUrl.endsWith(end)) return []
    const text = `{at} has the fullUrl \`${fullUrl}\`, which disagrees with its resource: it must end with \`${end}\`.`
    return [{ detail: 'bundle-invalid', below, text }]
  })

/** The types of Bundle whose entries need a `fullUrl`; a batch, a transaction and a history do not. */
const TYPES_WITH_FULL_URL = new Set(['document', 'message', 'collection', 'searchset'])

/**
 * Each entry has a `fullUrl`, except results of operations, which may have no identity.
 * https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl
 */
export const fullUrlRequired: SpecificationRule = ({ type, entry }) => {
  if (typeof type !== 'string' || !TYPES_WITH_FULL_URL.has(type)) return []
  return listOf(entry).flatMap((one, index): Violation[] => {
    if (!isObject(one) || !isObject(one.resource) || 'fullUrl' in one || '_fullUrl' in one) return []
    const { resourceType } = one.resource
    if (resourceType === 'OperationOutcome' || resourceType === 'Parameters') return []
    const text = `{at} has no \`fullUrl\`. In a Bundle of type \`${type}\`, each entry is named by one.`
    return [{ detail: 'bundle-invalid', below: `/entry/${index}`, text }]
  })
}

/**
 * A match or include has an id; an entry of mode `outcome` is an OperationOutcome.
 * https://hl7.org/fhir/R4/valueset-search-entry-mode.html, https://hl7.org/fhir/R4/resource.html#id
 */
export const searchsetEntries: SpecificationRule = ({ type, entry }) => {
  if (type !== 'searchset') return []
  return listOf(entry).flatMap((one, index): Violation[] => {
    if (!isObject(one) || !isObject(one.resource)) return []
    const { resourceType, id } = one.resource
    const mode = isObject(one.search) ? one.search.mode : undefined
    const below = `/entry/${index}/resource`
    if (mode === 'outcome') {
      const text = `{at} is a ${String(resourceType)}, but what \`search.mode\` calls an outcome is an OperationOutcome.`
      return resourceType === 'OperationOutcome' ? [] : [{ detail: 'bundle-invalid', below, text }]
    }
    const isOutcome = mode === undefined && resourceType === 'OperationOutcome'
    if (id !== undefined || isOutcome) return []
    return [{ detail: 'bundle-invalid', below, text: '{at} has no `id`. A resource that a search found has one.' }]
  })
}

/**
 * Each reference of the Composition resolves to one entry of the document.
 * https://hl7.org/fhir/R4/documents.html#content, https://hl7.org/fhir/R4/bundle.html#references
 */
export const compositionReferencesResolve: SpecificationRule = (bundle) => {
  if (bundle.type !== 'document') return []
  const first = listOf(bundle.entry)[0]
  if (!isObject(first) || !isObject(first.resource) || first.resource.resourceType !== 'Composition') return []
  const composition = first.resource
  const candidates = entryResolver(bundle, first.fullUrl)
  return referencesIn(composition).flatMap(({ reference, below }): Violation[] => {
    const kind = parseReference(reference)?.kind
    if (kind !== 'local' && kind !== 'urn') return []
    const found = candidates(reference)
    if (found.length === 1) return []
    const text =
      found.length === 0
        ? `{at} refers to \`${reference}\`, which is not in the document. Add it, under the same base as the Composition.`
        : `{at} refers to \`${reference}\`, which ${found.length} entries of the document may be. Name the version.`
    return [{ detail: 'bundle-invalid', below: `/entry/0/resource${below}`, text }]
  })
}

type CompositionReference = { readonly reference: string; readonly below: string }

const REFERENCE_ELEMENTS = ['subject', 'encounter', 'author', 'custodian'] as const

function referencesIn(composition: JsonObject): readonly CompositionReference[] {
  const head = REFERENCE_ELEMENTS.flatMap((name) => referencesAt(composition[name], `/${name}`))
  const attesters = listOf(composition.attester).flatMap((one, index) =>
    isObject(one) ? referencesAt(one.party, `/attester/${index}/party`) : [],
  )
  return [...head, ...attesters, ...sectionReferences(composition, '')]
}

function sectionReferences(holder: JsonObject, below: string): readonly CompositionReference[] {
  return listOf(holder.section).flatMap((one, index) => {
    if (!isObject(one)) return []
    const pointer = `${below}/section/${index}`
    return [
      ...referencesAt(one.focus, `${pointer}/focus`),
      ...referencesAt(one.entry, `${pointer}/entry`),
      ...sectionReferences(one, pointer),
    ]
  })
}

function referencesAt(value: unknown, below: string): readonly CompositionReference[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => referencesAt(one, `${below}/${index}`))
  return isObject(value) && typeof value.reference === 'string' ? [{ reference: value.reference, below }] : []
}
