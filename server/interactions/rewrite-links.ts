/**
 * Replaces links in a resource: literal references, elements of type uri and url, and the `<a href>` and `<img src>` of
 * the narrative; never canonicals. An oid or uuid stays as well, since no address is a value of these types.
 * https://hl7.org/fhir/R4/http.html#trules
 */
import { childElement, resourceElement, type TypedElement } from '../definitions/structures/typed-element.ts'
import type { Structures } from '../definitions/structures/structure-definition.ts'
import { carry } from '../fhir/decimals.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'

/** What a link becomes; undefined for one that stays. */
export type ReplaceLink = (link: string) => string | undefined

/** A copy with the links replaced, or the resource itself where there is nothing to replace. */
export function rewriteLinks<T extends Resource>(resource: T, structures: Structures, replace: ReplaceLink): T {
  return rewriteObject(resource, { structures, replace }, {}) as T
}

type Rewriting = { readonly structures: Structures; readonly replace: ReplaceLink }

function rewrite(node: unknown, rewriting: Rewriting, at: TypedElement): unknown {
  if (typeof node === 'string') return rewriteText(node, rewriting.replace, at.type)
  if (typeof node !== 'object' || node === null) return node
  if (!Array.isArray(node)) return rewriteObject(node as JsonObject, rewriting, at)
  const items = node.map((item) => rewrite(item, rewriting, at))
  return items.some((item, index) => item !== node[index]) ? carry(node, items) : node
}

function rewriteObject(node: JsonObject, rewriting: Rewriting, at: TypedElement): unknown {
  const { structures, replace } = rewriting
  const { resourceType } = node
  const here = typeof resourceType === 'string' ? resourceElement(resourceType, structures) : at
  let changed: { [name: string]: unknown } | undefined
  for (const [name, value] of Object.entries(node)) {
    if (!mayHoldLink(value, replace)) continue
    const isReference = name === 'reference' && here.type === 'Reference' && typeof value === 'string'
    const rewritten = isReference
      ? (replace(value) ?? value)
      : rewrite(value, rewriting, childOf(here, name, structures))
    if (rewritten !== value) (changed ??= { ...node })[name] = rewritten
  }
  return changed ? carry(node, changed) : node
}

/** Most values are texts that are no link, and no narrative with one: their type need not be found. */
const mayHoldLink = (value: unknown, replace: ReplaceLink): boolean =>
  typeof value === 'string'
    ? value.includes('<') || replace(value) !== undefined
    : typeof value === 'object' && value !== null

/** `_birthDate` holds the extensions of `birthDate`. https://hl7.org/fhir/R4/json.html#primitive */
function childOf(at: TypedElement, name: string, structures: Structures): TypedElement {
  return name.startsWith('_')
    ? { ...childElement(at, name.slice(1), structures), type: 'Element' }
    : childElement(at, name, structures)
}

function rewriteText(text: string, replace: ReplaceLink, type: string | undefined): string {
  if (type === 'uri' || type === 'url') return replace(text) ?? text
  return type === 'xhtml' ? rewriteNarrative(text, replace) : text
}

const NARRATIVE_LINK = /(<(?:a\b[^>]*?\shref|img\b[^>]*?\ssrc)\s*=\s*)("[^"]*"|'[^']*')/g

function rewriteNarrative(html: string, replace: ReplaceLink): string {
  return html.replace(NARRATIVE_LINK, (whole, start: string, quoted: string) => {
    const other = replace(quoted.slice(1, -1).replaceAll('&amp;', '&'))
    return other === undefined ? whole : `${start}${quoted.charAt(0)}${other}${quoted.charAt(0)}`
  })
}
