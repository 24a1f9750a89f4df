// A line to type, with a button that copies it.
import { useState } from "react";
import { Button } from "react-aria-components";

export function Command({ children }: { children: string }) {
  const [copied, setCopied] = useState<"" | "copied" | "failed">("");
  const copy = () => {
    navigator.clipboard.writeText(children).then(
      () => setCopied("copied"),
      () => setCopied("failed"), // no permission, or not a secure origin
    );
  };
  return (
    <div className="command">
      <code>{children}</code>
      <Button onPress={copy} className="copy" aria-label={`Copy: ${children}`}>
        {copied === "" ? "Copy" : copied === "copied" ? "Copied" : "Select it by hand"}
      </Button>
    </div>
  );
}
