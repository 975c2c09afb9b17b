/** Resources of any type, built at random from the definitions: not valid, but of the shape that FHIR JSON has. */
import type { Property, Shape, Shapes } from '../../../server/definitions/xml/shape.ts'
import type { Random } from '../../../scripts/random.ts'

const STRINGS = [
  'plain',
  'a "quoted" <b> & \'c\'',
  'tab\tfeed\nreturn\r both\r\n',
  '  space  ',
  'é ü 日本 😀 \u00a0\u0085\u2028',
  '&amp; &#10; ]]>',
  '1.50',
  'true',
]
const NUMBERS = ['0', '-1', '1.50', '0.0', '-0.0', '1e3', '1E-2', '12345678901234567890.1234567890', '7']
const DIVS = [
  'plain',
  '<p class="x">a &lt; b &amp; c<br/></p>',
  '<!-- note --><img src="#a" alt="&quot;"/>\r\n\ttext&#160;',
  "<a href='#x'>é 😀</a>",
]

/** JSON text; every element has the chance `share`, and half of it one level deeper. */
export function randomResource(type: string, shapes: Shapes, random: Random, share: number): string {
  const resource = (name: string, chance: number): string => {
    const shape = shapes.resource(name) ?? new Map()
    return `{${[`"resourceType":"${name}"`, ...membersOf(shape, chance)].join(',')}}`
  }

  const membersOf = (shape: Shape, chance: number): string[] =>
    random.shuffle([...shape.values()]).flatMap((property) => (random.chance(chance) ? memberOf(property, chance) : []))

  const memberOf = (property: Property, chance: number): string[] => {
    const { name, kind } = property
    if (kind === 'attribute') return [`"${name}":${string()}`]
    if (kind === 'xhtml') return [`"${name}":${div()}`]
    if (kind === 'complex' || kind === 'resource') return inside(property, chance)
    if (!property.repeats) {
      const only = random.chance(0.1)
      return [
        ...(only ? [] : [`"${name}":${primitive(kind)}`]),
        ...(only || random.chance(0.2) ? [`"_${name}":${sibling()}`] : []),
      ]
    }
    const values = Array.from({ length: 1 + random.below(3) }, () => (random.chance(0.2) ? 'null' : primitive(kind)))
    const siblings = values.map((value) => (value === 'null' || random.chance(0.2) ? sibling() : 'null'))
    return [
      ...(values.some((one) => one !== 'null') ? [`"${name}":[${values.join(',')}]`] : []),
      ...(siblings.some((one) => one !== 'null') ? [`"_${name}":[${siblings.join(',')}]`] : []),
    ]
  }

  const inside = ({ name, kind, repeats, shape }: Property, chance: number): string[] => {
    if (chance < 0.02) return []
    const value = (): string => {
      if (kind === 'resource') return resource(random.pick(['Patient', 'Observation', 'Basic']), chance / 2)
      const members = membersOf(shape() ?? new Map(), chance / 2)
      return `{${members.length > 0 ? members.join(',') : '"id":"x"'}}`
    }
    if (!repeats) return [`"${name}":${value()}`]
    return [`"${name}":[${Array.from({ length: 1 + random.below(2) }, value).join(',')}]`]
  }

  const string = (): string => JSON.stringify(random.pick(STRINGS))
  const div = (): string => JSON.stringify(`<div xmlns="http://www.w3.org/1999/xhtml">${random.pick(DIVS)}</div>`)
  const primitive = (kind: Property['kind']): string =>
    kind === 'number' ? random.pick(NUMBERS) : kind === 'boolean' ? random.pick(['true', 'false']) : string()
  const sibling = (): string =>
    random.pick([
      '{"id":"a"}',
      '{"extension":[{"url":"http://x.example","valueDecimal":1.0}]}',
      '{"id":"b","extension":[{"url":"y"}]}',
    ])

  return resource(type, share)
}
