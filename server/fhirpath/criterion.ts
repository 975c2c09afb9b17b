/** The criterion of a `where()`, on one value. https://hl7.org/fhirpath/N1/#wherecriteria-expression-collection */
import { evaluator } from './evaluate.ts'
import { Unsupported, type Tree } from './tree.ts'
import { Bail } from './values.ts'

/**
 * Compiles the criterion.
 * @throws Unsupported for one that only HL7's engine evaluates, also while it runs
 */
export function compileCriterion(tree: Tree): (value: unknown, resource: unknown) => boolean {
  const run = evaluator(tree)
  return (value, resource) => {
    try {
      const scope = { context: resource, resource, rootResource: resource, env: {}, variables: {} }
      const found = run([value], scope, [value])
      return found.length === 1 && found[0] === true
    } catch (error) {
      if (error instanceof Bail) throw new Unsupported('the criterion of `where()` cannot be decided on this record')
      throw error
    }
  }
}
