// A fault of the page itself is shown, with what to do, instead of a white screen.
import { Component, type ReactNode } from "react";

export class Mishap extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state = { error: undefined as Error | undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <main className="mishap" role="alert">
        <h1>This page has failed</h1>
        <p>That is a fault of the console; the cluster is not touched by it.</p>
        <pre>{this.state.error.message}</pre>
        <p>
          <button type="button" onClick={() => window.location.reload()}>
            Load it again
          </button>{" "}
          or ask on the command line: <code>millrace status</code>
        </p>
      </main>
    );
  }
}
