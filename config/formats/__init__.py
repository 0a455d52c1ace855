"""Where our languages write dates and times in another way than Django."""
