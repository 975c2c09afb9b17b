/** Narratives, languages and the ids of elements. https://hl7.org/fhir/R4/narrative.html */
import { add, isObject, type Mutator } from '../mutation.ts'

const XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'

const narrative: Mutator = {
  name: 'narrative',
  edit({ at, value, type }, { random, structures }) {
    if (!isObject(value) || typeof value.resourceType !== 'string') return undefined
    const isDomain = structures.find(String(type))?.kind === 'resource' && !BARE.includes(value.resourceType)
    if (!isDomain) return undefined
    const status = random.chance(0.9) ? { status: 'generated' } : random.pick([{}, { status: 'nonsense' }])
    return add(`${at}/text`, { ...status, div: random.pick(DIVS) })
  },
}

const BARE = ['Bundle', 'Binary', 'Parameters']

const DIVS = [
  `<div ${XHTML}><p>Well said</p></div>`,
  `<div ${XHTML}><p>A <b>table</b></p><table><tr><td>x</td></tr></table><br/></div>`,
  `<div ${XHTML}><a href="https://state.example">x</a><img src="#x" alt="x"/></div>`,
  `<div ${XHTML}><a href="#nowhere">x</a></div>`,
  `<div ${XHTML}><script>alert(1)</script></div>`,
  `<div ${XHTML}><p onclick="x()">x</p></div>`,
  `<div ${XHTML}><iframe src="https://state.example"></iframe></div>`,
  `<div ${XHTML}><form><input/></form></div>`,
  `<div ${XHTML}><p>not closed</div>`,
  `<div ${XHTML}>&nbsp;&copy; &unheard;</div>`,
  `<div ${XHTML}></div>`,
  `<div ${XHTML}>   </div>`,
  `<div ${XHTML} style="color:red" class="x" lang="en">x</div>`,
  '<div>no namespace</div>',
  `<p ${XHTML}>no div</p>`,
  'only words',
  '',
]

const language: Mutator = {
  name: 'language',
  edit: ({ at, value }, { random }) =>
    isObject(value) && typeof value.resourceType === 'string'
      ? add(`${at}/language`, random.pick(['en', 'de-CH', 'zh-Hans-CN', 'x-own', 'english!', 'nonsense', 'EN-us', '']))
      : undefined,
}

const elementId: Mutator = {
  name: 'id of an element',
  edit(site, { random }) {
    if (!isObject(site.value) || site.isList) return undefined
    return add(`${site.at}/id`, random.pick(['a', 'a.b-c', 'has space', 'under_score', '', 'x'.repeat(70), 7]))
  },
}

export const TEXTS: readonly Mutator[] = [narrative, language, elementId]
