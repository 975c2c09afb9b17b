import assert from 'node:assert/strict'
import { createXmlLocator } from '../../../server/definitions/xml/locate.ts'

const TEXT = `<?xml version="1.0"?>
<f:Bundle xmlns:f="http://hl7.org/fhir">
  <f:entry><f:resource>
    <f:Patient>
      <f:name><f:given value="a"/><f:given value="b"/></f:name>
      <f:name/>
      <f:deceasedBoolean value="x"/>
      <f:contained><f:Basic><f:id value="1"/></f:Basic></f:contained>
    </f:Patient></f:resource>
  </f:entry>
</f:Bundle>`

describe('the position of an expression in XML', () => {
  const at = createXmlLocator(TEXT)
  const ROWS: readonly (readonly [expression: string, line: number, column: number])[] = [
    ['Bundle', 2, 1],
    ['Bundle.entry[0]', 3, 3],
    ['Bundle.entry[0].resource.name[0].given[1]', 5, 35],
    ['Bundle.entry.resource.name[1]', 6, 7],
    ['Bundle.entry[0].resource.deceased.ofType(boolean)', 7, 7],
    ['Bundle.entry[0].resource.deceased', 7, 7],
    ['Bundle.entry[0].resource.contained[0].id', 8, 29],
    ['Bundle.entry[0].resource.name[1].family', 6, 7],
    ['Bundle.entry[9].x', 2, 1],
    ['Bundle.nothing', 2, 1],
  ]
  for (const [expression, line, column] of ROWS) {
    it(`of ${expression} is ${line}:${column}`, () => {
      assert.deepEqual(at(expression), { line, column })
    })
  }
})
