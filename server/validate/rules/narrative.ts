/** A local link or image of the narrative (`#x`) has a target in the resource. https://hl7.org/fhir/R4/narrative.html#id */
import type { CheckCache } from '../check-context.ts'
import { cachedXhtml } from '../xhtml.ts'
import type { SpecificationRule } from './specification-rule.ts'

export const narrativeLinksResolve: SpecificationRule = ({ div }, { root, cache }) => {
  if (typeof div !== 'string' || !div.includes('#')) return []
  const { localLinks } = cachedXhtml(div, cache)
  if (localLinks.size === 0) return []
  const anchors = (cache.anchors ??= anchorsIn(root, cache))
  const broken = [...localLinks].find((name) => !anchors.has(name))
  if (broken === undefined) return []
  return [
    { detail: 'invariant', below: '/div', text: `{at} has a link to \`#${broken}\`, but nothing here has this id.` },
  ]
}

function anchorsIn(root: unknown, cache: CheckCache): ReadonlySet<string> {
  const anchors = new Set<string>()
  collectAnchors(root, anchors, cache)
  return anchors
}

/** Ids of elements, of contained resources and inside narratives, which a local link may have as target. */
function collectAnchors(value: unknown, anchors: Set<string>, cache: CheckCache): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, one] of Object.entries(value)) {
    if (typeof one !== 'string') collectAnchors(one, anchors, cache)
    else if (key === 'id') anchors.add(one)
    else if (key === 'div') for (const name of cachedXhtml(one, cache).anchors) anchors.add(name)
  }
}
