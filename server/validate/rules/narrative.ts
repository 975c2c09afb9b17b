/** A link of the narrative to a place of its own document leads somewhere, and so does an image. https://hl7.org/fhir/R4/narrative.html#id */
import type { Shared } from '../run.ts'
import { xhtmlOf } from '../xhtml.ts'
import type { Rule } from './index.ts'

export const narrativeLinks: Rule = ({ div }, { root, shared }) => {
  if (typeof div !== 'string' || !div.includes('#')) return []
  const { links } = xhtmlOf(div, shared)
  if (links.size === 0) return []
  const places = (shared.places ??= placesIn(root, shared))
  const lost = [...links].find((name) => !places.has(name))
  if (lost === undefined) return []
  return [
    { detail: 'invariant', below: '/div', text: `{at} has a link to \`#${lost}\`, but nothing here has this id.` },
  ]
}

function placesIn(root: unknown, shared: Shared): ReadonlySet<string> {
  const places = new Set<string>()
  collect(root, places, shared)
  return places
}

/** Ids of elements, of contained resources and inside narratives. */
function collect(value: unknown, places: Set<string>, shared: Shared): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, one] of Object.entries(value)) {
    if (typeof one !== 'string') collect(one, places, shared)
    else if (key === 'id') places.add(one)
    else if (key === 'div') for (const name of xhtmlOf(one, shared).places) places.add(name)
  }
}
