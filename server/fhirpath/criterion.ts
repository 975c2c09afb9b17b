/** The criterion of a `where()`, on one value. https://hl7.org/fhirpath/N1/#wherecriteria-expression-collection */
import { evaluator } from './evaluate.ts'
import type { Steps } from './steps.ts'
import { allTrees, Unsupported, type Tree } from './tree.ts'
import { Bail } from './values.ts'

/** What takes no longer than the value is long: no regular expression, nothing that walks through the whole resource. */
const CALLS = new Set('exists empty not first last where extension startsWith endsWith contains ofType'.split(' '))

/**
 * Compiles the criterion, which takes these steps.
 * @throws Unsupported for one that only HL7's engine evaluates, also while it runs
 */
export function compileCriterion(tree: Tree, steps: Steps): (value: unknown, resource: unknown) => boolean {
  const call = [...allTrees(tree)].find((one) => one.kind === 'call' && !CALLS.has(one.name))
  if (call?.kind === 'call') throw new Unsupported(`a criterion does not call \`${call.name}()\``)
  const run = evaluator(tree)
  return (value, resource) => {
    try {
      const scope = { context: resource, resource, rootResource: resource, env: {}, steps, variables: {} }
      const found = run([value], scope, [value])
      return found.length === 1 && found[0] === true
    } catch (error) {
      if (error instanceof Bail) throw new Unsupported('the criterion of `where()` cannot be decided on this record')
      throw error
    }
  }
}
