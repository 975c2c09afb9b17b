/** A link of the narrative to a place of its own document leads somewhere. https://hl7.org/fhir/R4/narrative.html#id */
import type { Rule } from './index.ts'

const LOCAL_LINK = /\bhref\s*=\s*["']#([^"']+)["']/g
const ANCHOR = /\b(?:id|name)\s*=\s*["']([^"']+)["']/g

export const narrativeLinks: Rule = ({ div }, { root, shared }) => {
  if (typeof div !== 'string' || !div.includes('#')) return []
  const links = [...new Set([...div.matchAll(LOCAL_LINK)].map(([, name = '']) => name))]
  if (links.length === 0) return []
  const places = (shared.places ??= placesIn(root))
  const lost = links.find((name) => !places.has(name))
  if (lost === undefined) return []
  return [{ code: 'invariant', below: '/div', text: `{at} has a link to \`#${lost}\`, but nothing here has this id.` }]
}

function placesIn(root: unknown): ReadonlySet<string> {
  const places = new Set<string>()
  collect(root, places)
  return places
}

/** Ids of elements, of contained resources and inside narratives. */
function collect(value: unknown, places: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, one] of Object.entries(value)) {
    if (typeof one !== 'string') collect(one, places)
    else if (key === 'id') places.add(one)
    else if (key === 'div') for (const [, name = ''] of one.matchAll(ANCHOR)) places.add(name)
  }
}
