/** The codes that a binding allows, where they can be listed. */
import { expand, type ExpandedCode } from '../../../server/terminology/expansion.ts'
import type { Ground, Site } from '../mutation.ts'

const MOST = 200

/** The first of them, by the profile's binding or R4's; none if the value set is not available. */
export function valueSetOf({ node, profiled }: Site, { terminology }: Ground): readonly ExpandedCode[] {
  const url = (profiled?.element.binding ?? node?.element.binding)?.valueSet
  const found = url === undefined ? undefined : terminology.find(url, 'ValueSet')
  return found ? expand(found, terminology).items.slice(0, MOST) : []
}
