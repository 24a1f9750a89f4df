// A wheel over water.
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinecap="round">
        <circle cx="16" cy="13.5" r="6.4" />
        <path
          d="M16 4.6v17.8M7.1 13.5h17.8M9.7 7.2l12.6 12.6M22.3 7.2 9.7 19.8"
          strokeWidth="1.5"
        />
        <path d="M4 26.2c2-1.6 4-1.6 6 0s4 1.6 6 0 4-1.6 6 0 4 1.6 6 0" />
      </g>
    </svg>
  );
}
