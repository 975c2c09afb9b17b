/**
 * Replaces links in a resource: literal references, elements of type uri and url, and the `<a href>` and `<img src>` of
 * the narrative; never canonicals. An oid or uuid stays as well, since no address is a value of these types.
 * https://hl7.org/fhir/R4/http.html#trules
 */
import { resourceElement, stepsInto, type TypedElement } from '../definitions/structures/typed-element.ts'
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
  return Array.isArray(node) ? rewriteArray(node, rewriting, at) : rewriteObject(node as JsonObject, rewriting, at)
}

function rewriteArray(node: readonly unknown[], rewriting: Rewriting, at: TypedElement): readonly unknown[] {
  let changed: unknown[] | undefined
  for (let index = 0; index < node.length; index += 1) {
    const rewritten = rewrite(node[index], rewriting, at)
    if (rewritten !== node[index]) (changed ??= [...node])[index] = rewritten
  }
  return changed ? carry(node, changed) : node
}

function rewriteObject(node: JsonObject, rewriting: Rewriting, at: TypedElement): unknown {
  const { structures, replace } = rewriting
  const { resourceType } = node
  const here = typeof resourceType === 'string' ? resourceElement(resourceType, structures) : at
  const steps = stepsInto(here, structures)
  let changed: { [name: string]: unknown } | undefined
  for (const name in node) {
    const value = node[name]
    const isReference = name === 'reference' && here.type === 'Reference' && typeof value === 'string'
    const rewritten = isReference ? (replace(value) ?? value) : rewrite(value, rewriting, childOf(steps, name))
    if (rewritten !== value) (changed ??= { ...node })[name] = rewritten
  }
  return changed ? carry(node, changed) : node
}

/** `_birthDate` holds the extensions of `birthDate`. https://hl7.org/fhir/R4/json.html#primitive */
function childOf(steps: ReturnType<typeof stepsInto>, name: string): TypedElement {
  return name.startsWith('_') ? { ...steps?.get(name.slice(1)), type: 'Element' } : (steps?.get(name) ?? NOT_DEFINED)
}

const NOT_DEFINED: TypedElement = {}

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
