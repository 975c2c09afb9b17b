/** Frequent family and given names of the United States (Census Bureau 2010, Social Security Administration), for invented people. */
const list = (text: string): readonly string[] => text.trim().split(/\s+/)

export const FAMILIES = list(`
  Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas
  Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King
  Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips
  Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper
  Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz
  Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell
  Coleman Butler Henderson Barnes Fisher Vasquez Simmons Graham Murray Ford Castro Marshall Owens Harrison Fernandez McDonald
  Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb Tucker Guzman Burns Crawford Olson Simpson Porter Hunter
  Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Rose Stone Salazar
  Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne Grant Dunn
  O'Brien O'Neal MacDonald Núñez Peña Müller Lindström Okafor Ferreira St.John VanDyke DeLaCruz`)

export const WOMEN = list(`
  Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Sandra Margaret Ashley Kimberly
  Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Dorothy Amy Kathleen Angela Shirley
  Brenda Emma Anna Pamela Nicole Samantha Katherine Christine Helen Debra Rachel Carolyn Janet Maria Catherine Heather Diane
  Olivia Julie Joyce Victoria Ruth Virginia Lauren Kelly Christina Joan Evelyn Judith Andrea Hannah Megan Cheryl Jacqueline
  Martha Madison Teresa Gloria Sara Janice Ann Kathryn Abigail Sophia Frances Jean Alice Judy Isabella Julia Grace Amber
  Denise Danielle Marilyn Beverly Charlotte Natalie Theresa Diana Brittany Doris Kayla Alexis Lori Latoya Keisha Guadalupe
  Yolanda Ximena Aaliyah Imani Zoé`)

export const MEN = list(`
  James Robert John Michael David William Richard Joseph Thomas Christopher Charles Daniel Matthew Anthony Mark Donald Steven
  Andrew Paul Joshua Kenneth Kevin Brian Timothy Ronald George Jason Edward Jeffrey Ryan Jacob Nicholas Gary Eric Jonathan
  Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Raymond Jack Dennis Jerry Tyler Aaron
  Jose Adam Nathan Henry Zachary Douglas Peter Kyle Noah Ethan Jeremy Christian Walter Keith Austin Roger Terry Sean Gerald
  Carl Dylan Harold Jordan Jesse Bryan Lawrence Arthur Gabriel Bruce Logan Billy Joe Alan Juan Elijah Willie Albert Wayne
  Randy Mason Vincent Liam Roy Bobby Caleb Bradley Russell Lucas DeShawn Tyrone Jamal Malik Luis Carlos Miguel Jesús Andrés`)

export const STREETS = list(`
  Main Oak Pine Maple Cedar Elm Washington Lake Hill Park Church Walnut Spring North Ridge Jackson Lincoln Jefferson Magnolia
  Dogwood Chestnut Highland Forest Meadow River Sunset Railroad Franklin Adams Madison Monroe Mill College School Court
  Capitol State Delta Natchez Pearl Yazoo Tupelo Cypress Azalea Pecan Hickory Poplar Willow Sycamore Laurel Holly`)

export const STREET_KINDS = ['Street', 'Avenue', 'Road', 'Drive', 'Lane', 'Boulevard', 'Circle', 'Court'] as const

export const CITIES = list(`
  Jackson Gulfport Southaven Hattiesburg Biloxi Meridian Tupelo Greenville Olive-Branch Horn-Lake Clinton Pearl Madison
  Ridgeland Starkville Columbus Vicksburg Pascagoula Brandon Oxford Gautier Laurel Clarksdale Natchez Corinth Greenwood`)
