/** References and canonicals. https://hl7.org/fhir/R4/search.html#reference */
import type { SearchParameter } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import { parseReference } from '../../fhir/reference.ts'
import { unescape } from '../escape.ts'
import type { Filter } from '../query.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'
import { addressed } from './uri.ts'

const ID = /^[A-Za-z0-9.-]{1,64}$/

export const reference: SearchType = {
  /** Beside these, the target types of the parameter: `subject:Patient=1`. */
  modifiers: [MISSING],

  entries(value, param, { base }) {
    const text = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
    if (typeof text !== 'string') return []
    const found = parseReference(text, base)
    if (found?.kind === 'local') return [{ kind: 'reference', param, type: found.type, id: found.id }]
    return found?.kind === 'urn' || found?.kind === 'elsewhere' ? addressed(found.url, param) : []
  },

  filter(parameter, modifier, text, { base }) {
    const { code: param } = parameter
    const meant = unescape(text)
    if (ID.test(meant)) return byId(parameter, meant, modifier)
    const found = parseReference(meant, base)
    if (found?.kind === 'local' && found.version === undefined) return local(parameter, found, modifier, text)
    if (found?.kind === 'local')
      throw unreadable(param, text, `names a version; search for \`${found.type}/${found.id}\``)
    if (found?.kind === 'urn' || found?.kind === 'elsewhere') return { op: 'uri', param, value: meant }
    throw unreadable(param, text, 'is no reference; write `id`, `Type/id` or a whole address')
  },
}

function byId({ code: param, target }: SearchParameter, id: string, modifier: string | undefined): Filter {
  const type = modifier ?? (target.length === 1 ? target[0] : undefined)
  return { op: 'reference', param, id, ...(type === undefined ? {} : { type }) }
}

function local(
  parameter: SearchParameter,
  found: { type: string; id: string },
  modifier: string | undefined,
  text: string,
): Filter {
  const { code: param, target } = parameter
  const { type, id } = found
  if (modifier !== undefined && modifier !== type)
    throw unreadable(param, text, `is of type \`${type}\`, the modifier says \`${modifier}\``)
  if (target.length > 0 && !target.includes(type)) {
    throw unreadable(
      param,
      text,
      `is of type \`${type}\`; \`${param}\` refers to ${target.map((name) => `\`${name}\``).join(', ')}`,
    )
  }
  return { op: 'reference', param, type, id }
}

const unreadable = (param: string, text: string, why: string) =>
  refuse('invalid-parameter', `The value \`${text}\` of \`${param}\` ${why}.`)
