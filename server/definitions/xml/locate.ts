/**
 * Where in an XML text the element stands that an issue's expression names (`Patient.name[0].given[1]`): a second pass,
 * made only when there is something to report. An element that is not there has the position of the nearest one that is.
 */
import { SaxesParser } from 'saxes'
import { lineAndColumn, stepsOf, type Position } from '../../fhir/position.ts'

type Place = { readonly name: string; readonly at: number; readonly children: Place[] }

/** @param text XML that has been read without an error */
export function createXmlLocator(text: string): (expression: string) => Position {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  let root: Place | undefined
  return (expression) => {
    root ??= placesOf(source)
    return lineAndColumn(source, deepest(root, stepsOf(expression)))
  }
}

function placesOf(text: string): Place {
  const parser = new SaxesParser({ xmlns: false })
  const open: Place[] = [{ name: '', at: 0, children: [] }]
  parser.on('opentag', ({ name }) => {
    const at = text.lastIndexOf('<', parser.position - 1)
    const place: Place = { name: name.slice(name.indexOf(':') + 1), at, children: [] }
    open.at(-1)!.children.push(place)
    open.push(place)
  })
  parser.on('closetag', () => void open.pop())
  parser.write(text).close()
  return open[0]!.children[0]!
}

/** A step into an element that holds a resource (`entry.resource.name`) passes the tag of its type. */
function deepest(root: Place, steps: readonly (string | number)[]): number {
  let here = root
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index]!
    // An index alone belongs to the name before it, and has been used.
    if (typeof step === 'number') continue
    const after = steps[index + 1]
    const found = childrenOf(here, step)[typeof after === 'number' ? after : 0]
    if (!found) break
    here = found
  }
  return here.at
}

function childrenOf(place: Place, name: string): readonly Place[] {
  const [only] = place.children
  const within = place.children.length === 1 && only && /^[A-Z]/.test(only.name) ? only.children : place.children
  const named = within.filter((child) => child.name === name)
  if (named.length > 0) return named
  return within.filter((child) => child.name.startsWith(name) && /^[A-Z]/.test(child.name.slice(name.length)))
}
