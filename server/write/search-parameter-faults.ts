/**
 * Why the hub cannot use a SearchParameter that somebody posts. What is wrong with it as a resource the validator says.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html
 */
import type { CanonicalResource } from '../definitions/canonical-resource.ts'
import type { Definitions, SearchParameter } from '../definitions/definitions.ts'
import { parametersIn } from '../definitions/posted-parameters.ts'
import { checkParameters } from '../search/extract.ts'
import { isSearchTypeName, SEARCH_TYPE_NAMES, SEARCH_TYPES } from '../search/types/index.ts'

/** `element`: below the SearchParameter. A warning does not refuse it. */
export type ParameterFault = { readonly element: string; readonly text: string; readonly isWarning?: true }

/** Search parameters of one type that the board posts: each is evaluated at every write of the type. */
const MAX_POSTED = 20
const MAX_EXPRESSION = 1000

/** Types of which one entry says nothing, because they are made of several values or need rules of their own, or are none of FHIR. */
const NOT_POSTED = new Set(['composite', 'special', 'text'])

/** `definitions`: with the parameter itself among the posted ones. */
export function parameterFaults(posted: CanonicalResource, definitions: Definitions): readonly ParameterFault[] {
  return [
    ...typeFaults(posted),
    ...codeFaults(posted, definitions),
    ...baseFaults(posted, definitions),
    ...targetFaults(posted, definitions),
    ...expressionFaults(posted),
    ...modifierFaults(posted),
    ...ignored(posted),
  ]
}

function typeFaults({ type }: CanonicalResource): readonly ParameterFault[] {
  const kind = String(type)
  if (isSearchTypeName(kind) && !NOT_POSTED.has(kind)) return []
  const names = SEARCH_TYPE_NAMES.filter((name) => !NOT_POSTED.has(name)).join(', ')
  return [{ element: 'type', text: `The hub takes no posted parameter of type \`${kind}\`; it takes ${names}.` }]
}

/** Letters, digits and hyphens: `:` begins a modifier, `.` a chain, `_` a parameter of FHIR itself. */
const CODE = /^[A-Za-z][A-Za-z0-9-]{0,63}$/

function codeFaults(posted: CanonicalResource, definitions: Definitions): readonly ParameterFault[] {
  const code = String(posted.code)
  if (!CODE.test(code))
    return [
      {
        element: 'code',
        text: `\`${code}\` cannot be a code: it begins with a letter and has letters, digits and \`-\`.`,
      },
    ]
  const types = basesOf(posted).filter((type) => definitions.capability(type))
  // A draft or retired one takes no code from another.
  if (posted.status !== 'active') return []
  const taken = types.find((type) => parameterAt(type, code, definitions)?.url !== posted.url)
  if (taken === undefined) return []
  const owner = parameterAt(taken, code, definitions)?.url ?? 'another parameter'
  return [
    { element: 'code', text: `\`${taken}\` has a parameter \`${code}\` already: \`${owner}\`. Choose another code.` },
  ]
}

const parameterAt = (type: string, code: string, { capability }: Definitions): SearchParameter | undefined =>
  capability(type)?.searchParameters.find((one) => one.code === code)

const basesOf = ({ base }: CanonicalResource): readonly string[] => (Array.isArray(base) ? base.map(String) : [])

function baseFaults(posted: CanonicalResource, definitions: Definitions): readonly ParameterFault[] {
  const bases = basesOf(posted)
  const unknown = bases.flatMap((type, index): readonly ParameterFault[] => {
    if (definitions.capability(type)) return []
    const offered = definitions.capabilities.map((one) => one.type).join(', ')
    return [{ element: `base[${index}]`, text: `The hub offers no search of \`${type}\`. It offers ${offered}.` }]
  })
  const full = bases.flatMap((type, index): readonly ParameterFault[] => {
    const own = definitions.capability(type)?.searchParameters.filter(({ url }) => definitions.isPosted(url)) ?? []
    if (own.length <= MAX_POSTED) return []
    const text = `\`${type}\` has ${MAX_POSTED} posted search parameters, which is the most. Retire one first.`
    return [{ element: `base[${index}]`, text }]
  })
  return [...unknown, ...full]
}

function targetFaults({ type, target }: CanonicalResource, definitions: Definitions): readonly ParameterFault[] {
  const targets = Array.isArray(target) ? target.map(String) : []
  if (type !== 'reference')
    return targets.length === 0
      ? []
      : [
          {
            element: 'target',
            text: `Only a parameter of type \`reference\` has targets; this one is a \`${String(type)}\`.`,
          },
        ]
  if (targets.length === 0)
    return [{ element: 'target', text: 'A parameter of type `reference` names the types that it points to.' }]
  return targets.flatMap((one, index) =>
    definitions.isResourceType(one)
      ? []
      : [{ element: `target[${index}]`, text: `\`${one}\` is not a resource type of R4.` }],
  )
}

function expressionFaults(posted: CanonicalResource): readonly ParameterFault[] {
  const { expression } = posted
  const fault = (text: string): readonly ParameterFault[] => [{ element: 'expression', text }]
  if (typeof expression !== 'string')
    return fault('The hub evaluates the `expression` of a parameter, and this one has none.')
  if (expression.length > MAX_EXPRESSION)
    return fault(`The expression has ${expression.length} characters; at most ${MAX_EXPRESSION} are evaluated.`)
  if (typeFaults(posted).length > 0) return []
  for (const [type, parameter] of parametersIn(posted)) {
    if (parameter.expression === '') return fault(`No part of the expression is about \`${type}\`.`)
    try {
      checkParameters([parameter])
    } catch (error) {
      return fault(error instanceof Error ? error.message : String(error))
    }
  }
  return []
}

/** Types of parameter whose values may have a prefix. https://hl7.org/fhir/R4/search.html#prefix */
const COMPARED = new Set(['date', 'number', 'quantity'])

function modifierFaults({ type, modifier, comparator }: CanonicalResource): readonly ParameterFault[] {
  const kind = String(type)
  if (!isSearchTypeName(kind)) return []
  const { modifiers, targetIsModifier } = SEARCH_TYPES[kind]
  const offered = new Set<string>([...modifiers, ...(targetIsModifier ? ['type'] : [])])
  const unknown = list(modifier).flatMap((one, index): readonly ParameterFault[] =>
    offered.has(one)
      ? []
      : [
          {
            element: `modifier[${index}]`,
            text: `A \`${kind}\` has no modifier \`${one}\` here; it has ${[...offered].join(', ')}.`,
          },
        ],
  )
  if (list(comparator).length === 0 || COMPARED.has(kind)) return unknown
  return [...unknown, { element: 'comparator', text: `The values of a \`${kind}\` have no comparators.` }]
}

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** Elements that say less than what the hub does, or that it does not evaluate. */
function ignored(posted: CanonicalResource): readonly ParameterFault[] {
  const warning = (element: string, text: string): readonly ParameterFault[] =>
    posted[element] === undefined ? [] : [{ element, text, isWarning: true }]
  return [
    ...warning('xpath', 'The hub evaluates `expression` and ignores `xpath`.'),
    ...(posted.multipleOr === false ? warning('multipleOr', 'The hub takes several values of every parameter.') : []),
    ...(posted.multipleAnd === false ? warning('multipleAnd', 'The hub takes every parameter several times.') : []),
  ]
}
