// What a person sees before the first deploy: the three lines to type.
import { Command } from "./command";

export function Welcome() {
  return (
    <section className="panel welcome" aria-labelledby="welcome">
      <h2 id="welcome">Nothing is deployed yet</h2>
      <p>
        A module is a schema and a program that serves it. Start one, and it shows up here by
        itself:
      </p>
      <ol>
        <li>
          Write down what it does, and check it.
          <Command>millrace schema check hello.schema</Command>
        </li>
        <li>
          Deploy the schema and start the program with it.
          <Command>millrace run hello.schema -- ./hello</Command>
        </li>
        <li>
          Or deploy for a program that runs already.
          <Command>millrace deploy hello.schema --endpoint hello=http://127.0.0.1:9000</Command>
        </li>
      </ol>
    </section>
  );
}
