/**
 * `fhirExtensions`: each extension of a list is known, stands where it may, and is what its definition says.
 * https://hl7.org/fhir/R4/extensibility.html
 */
import type { ErrorObject } from 'ajv'
import { valueOf } from '../../definitions/structures/element.ts'
import { contextFault } from '../contexts.ts'
import { errorsOf, type DataAt, type Engine, type Fault, type Run } from '../run.ts'
import { keyword } from './keyword.ts'
import { tagged } from './resource.ts'

type Extension = { readonly url?: unknown }

export const fhirExtensions = keyword<string>(
  'fhirExtensions',
  ['array'],
  (holder, engine) => (run, data: readonly (Extension | null)[], at) => {
    const found: (Fault | ErrorObject)[] = []
    data.forEach((extension, index) => {
      const url = extension?.url
      if (typeof url !== 'string' || url === '') return
      const place: DataAt = {
        instancePath: `${at.instancePath}/${index}`,
        parentData: data,
        parentDataProperty: index,
        rootData: at.rootData,
      }
      if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url))
        found.push(...extensionFaults(url, extension, { holder, index, run, place, list: at }))
      else if (!isPart(url, at.parentData, engine))
        found.push({ code: 'extension-unknown', below: `/${index}`, text: unknownPart(url, at.parentData) })
    })
    return found
  },
)

type Setting = { holder: string; index: number; run: Run; place: DataAt; list: DataAt }

function extensionFaults(url: string, extension: unknown, setting: Setting): readonly (Fault | ErrorObject)[] {
  const { run, index, list } = setting
  const known = run.engine.extension(url)
  if (!known) return [unknown(url, index, run.engine)]
  const asModifier = list.instancePath.endsWith('/modifierExtension')
  const misplaced =
    known.modifies === asModifier ? contextFault(url, known.contexts, setting) : wrongList(url, asModifier)
  if (misplaced) return [{ code: 'extension-unknown', below: `/${index}`, text: misplaced }]
  return tagged(errorsOf(known.check, run, extension, setting.place), url)
}

const wrongList = (url: string, asModifier: boolean): string =>
  asModifier
    ? `{at}: the extension \`${url}\` does not change the meaning of its element, so it belongs in \`extension\`.`
    : `{at}: the extension \`${url}\` changes the meaning of its element, so it belongs in \`modifierExtension\`.`

/** Made-up addresses of examples are let pass where any R4 resource is taken. */
const EXAMPLES = /^https?:\/\/([\w.-]+\.)?(example\.(org|com)|acme\.com)\//

function unknown(url: string, index: number, engine: Engine): Fault {
  const severity = !engine.strict && EXAMPLES.test(url) ? 'warning' : 'error'
  return {
    code: 'extension-unknown',
    severity,
    below: `/${index}`,
    text: `{at}: the extension \`${url}\` is not known here. Leave it out, or correct its url.`,
  }
}

/** A part of a complex extension: its url is a plain name that the definition of the whole lists. */
function isPart(name: string, parent: unknown, engine: Engine): boolean {
  const url = (parent as Extension | null)?.url
  if (typeof url !== 'string') return false
  if (!url.includes(':')) return true
  const { structures } = engine.definitions
  if (structures.find(url)?.type !== 'Extension') return true
  const slices = structures.tree(url).children.get('extension')?.slices.values() ?? []
  return [...slices].some((slice) => {
    const own = slice.children.get('url')
    return own !== undefined && valueOf(own.element, 'fixed') === name
  })
}

function unknownPart(name: string, parent: unknown): string {
  const url = (parent as Extension | null)?.url
  return typeof url === 'string'
    ? `{at}: \`${name}\` is not a part of the extension \`${url}\`.`
    : `{at}: \`${name}\` is not the url of an extension. An extension is named by an absolute url.`
}
